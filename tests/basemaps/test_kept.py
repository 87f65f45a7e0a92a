"""Tiles kept on disk: within their bound, the longest unused first, and never more trouble than none at all."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from geo.crs import Crs
from yaotong.basemaps import Basemap, BasemapFailed, Tile
from yaotong.basemaps.fetching import NoSuchTile
from yaotong.basemaps.kept import KeptTiles
from yaotong.basemaps.serving import Pause, TileDesk

NOW = datetime(2026, 7, 1, 9, 0)
BASE = Basemap(
    "town", "镇图", "xyz", ("https://tiles.example.org/{z}/{x}/{y}",), Crs.WGS84, "测绘院", days=30
)


def _tile(size: int, mark: int = 0) -> Tile:
    return Tile(bytes([mark % 256]) * size, "image/png")


def test_what_is_kept_comes_back_with_its_day(tmp_path: Path) -> None:
    kept = KeptTiles(tmp_path / "cache" / "tiles.sqlite")
    assert kept.get("a") is None
    kept.put("a", _tile(10, 7), NOW)
    assert KeptTiles(tmp_path / "cache" / "tiles.sqlite").get("a") == (_tile(10, 7), NOW)


def test_the_bound_holds_and_the_longest_unused_leaves(tmp_path: Path) -> None:
    kept = KeptTiles(tmp_path / "t.sqlite", 100)
    for name in "abc":
        kept.put(name, _tile(30), NOW)
    kept.get("a")
    kept.put("d", _tile(30), NOW)
    assert [one for one in "abcd" if kept.get(one)] == ["a", "c", "d"]
    kept.put("e", _tile(101), NOW)
    assert kept.get("e") is None


def test_any_order_of_puts_keeps_to_the_bound(tmp_path: Path) -> None:
    chance, kept = random.Random(3), KeptTiles(tmp_path / "t.sqlite", 5_000)
    for _ in range(300):
        kept.put(str(chance.randrange(60)), _tile(chance.choice([1, 5, 50, 900, 4_900])), NOW)
        assert kept.weigh() <= 5_000
    assert kept.weigh() > 0


def test_many_at_once_keep_to_the_bound(tmp_path: Path) -> None:
    def work(seed: int) -> None:
        mine, chance = KeptTiles(tmp_path / "t.sqlite", 3_000), random.Random(seed)
        for _ in range(40):
            mine.put(str(chance.randrange(30)), _tile(300), NOW)
            mine.get(str(chance.randrange(30)))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert 0 < KeptTiles(tmp_path / "t.sqlite").weigh() <= 3_000


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite"
    file.write_bytes(b"this is no database, whatever its name says" * 100)
    kept = KeptTiles(file)
    assert kept.get("a") is None
    kept.put("a", _tile(5), NOW)
    assert kept.get("a") is not None


@pytest.mark.fault("disk-full")
def test_a_disk_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    kept = KeptTiles(tmp_path / "cache" / "t.sqlite")
    kept.put("a", _tile(5), NOW)
    assert kept.get("a") is None
    assert TileDesk(kept, lambda *_: _tile(5)).tile(BASE, 0, 1, 0, 0, NOW) == _tile(5)


class _Owner:
    """Counts what it is asked; fails when told to."""

    def __init__(self) -> None:
        self.asked, self.error = 0, None

    def __call__(self, *_: object) -> Tile:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return _tile(5, self.asked)


def test_a_tile_is_asked_for_once_until_it_is_old(tmp_path: Path) -> None:
    theirs = _Owner()
    desk = TileDesk(KeptTiles(tmp_path / "t.sqlite"), theirs)
    first = desk.tile(BASE, 0, 1, 0, 0, NOW)
    assert desk.tile(BASE, 0, 1, 0, 0, NOW + timedelta(days=29)) == first
    assert theirs.asked == 1
    assert desk.tile(BASE, 0, 1, 0, 0, NOW + timedelta(days=30)) == _tile(5, 2)


def test_an_old_tile_is_better_than_none(tmp_path: Path) -> None:
    theirs = _Owner()
    desk = TileDesk(KeptTiles(tmp_path / "t.sqlite"), theirs)
    first = desk.tile(BASE, 0, 1, 0, 0, NOW)
    theirs.error = BasemapFailed("no")
    assert desk.tile(BASE, 0, 1, 0, 0, NOW + timedelta(days=300)) == first
    with pytest.raises(BasemapFailed):
        desk.tile(BASE, 0, 1, 1, 0, NOW)


def test_other_addresses_are_other_tiles(tmp_path: Path) -> None:
    from dataclasses import replace

    theirs = _Owner()
    desk = TileDesk(KeptTiles(tmp_path / "t.sqlite"), theirs)
    desk.tile(BASE, 0, 1, 0, 0, NOW)
    desk.tile(replace(BASE, urls=("https://other.example.org/{z}/{x}/{y}",)), 0, 1, 0, 0, NOW)
    assert theirs.asked == 2


def test_a_failing_owner_is_left_alone_but_a_missing_tile_is_no_failure(tmp_path: Path) -> None:
    theirs = _Owner()
    desk = TileDesk(KeptTiles(tmp_path / "t.sqlite"), theirs)
    theirs.error = NoSuchTile("none")
    for x in range(5):
        with pytest.raises(NoSuchTile):
            desk.tile(BASE, 0, 5, x, 0, NOW)
    theirs.error = BasemapFailed("no")
    for x in range(6):
        with pytest.raises(BasemapFailed):
            desk.tile(BASE, 0, 5, x, 0, NOW)
    assert theirs.asked == 5 + 3


def test_a_pause_ends_and_a_good_answer_ends_the_count() -> None:
    pause = Pause()
    for at in (0.0, 1.0):
        pause.note("town", False, at)
    assert not pause.on("town", 1.0)
    pause.note("town", True, 1.0)
    for at in (2.0, 3.0):
        pause.note("town", False, at)
    assert not pause.on("town", 3.0)
    pause.note("town", False, 4.0)
    assert pause.on("town", 23.9)
    assert not pause.on("other", 23.9)
    assert not pause.on("town", 24.0)


def test_many_who_want_one_tile_cost_its_owner_one_question(tmp_path: Path) -> None:
    theirs, go = _Owner(), threading.Event()

    def slow(*place: object) -> Tile:
        go.wait(5)
        return theirs(*place)

    desk = TileDesk(KeptTiles(tmp_path / "t.sqlite"), slow)
    threads = [threading.Thread(target=desk.tile, args=(BASE, 0, 1, 0, 0, NOW)) for _ in range(6)]
    for one in threads:
        one.start()
    go.set()
    for one in threads:
        one.join()
    assert theirs.asked == 1
