"""What is made once for the map, and what a change makes anew."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update

from layers.contract import layers
from layers.tiling import tiles_of
from tests.layers import region
from webapp import map_cache, warming
from webapp.map_asking import Ask
from yaotong.reads.map import SPECIAL, map_stamp
from yaotong.store.schema import account
from yaotong.workspace import Workspace

ASK = Ask("msa", region.COUNTY)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return region.build(tmp_path_factory.mktemp("cache") / "home")


def _tiles(ws: Workspace, ask: Ask, layer_id: str) -> object:
    layer = layers()[layer_id]
    return tiles_of(map_cache.drawn(ws, ask, map_stamp(ws), layer_id), layer.draw()).tiles


def test_a_layer_that_a_day_does_not_change_is_the_same_tiles(ws: Workspace) -> None:
    earlier = Ask("msa", region.COUNTY, as_of=date(2026, 3, 25))
    assert _tiles(ws, ASK, "outlets") is _tiles(ws, earlier, "outlets")
    assert _tiles(ws, ASK, "rate") is not _tiles(ws, earlier, "rate")


def test_layers_of_the_same_figures_for_others_are_the_same_tiles(ws: Workspace) -> None:
    assert _tiles(ws, ASK, "density") is _tiles(ws, Ask("psb", region.COUNTY), "density")
    assert _tiles(ws, ASK, "risk") is not _tiles(ws, Ask("nhsa", region.COUNTY), "risk")


def test_the_scale_of_an_earlier_day_is_that_of_the_newest(ws: Workspace) -> None:
    stamp = map_stamp(ws)
    earlier = Ask("msa", region.COUNTY, as_of=date(2026, 3, 10))
    assert map_cache.scale(ws, earlier, stamp, "rate") == map_cache.scale(ws, ASK, stamp, "rate")
    assert (
        map_cache.drawn(ws, earlier, stamp, "rate").frame["value"].max()
        != map_cache.drawn(ws, ASK, stamp, "rate").frame["value"].max()
    )


def test_filtered_pictures_are_pictures_of_their_own(ws: Workspace) -> None:
    stamp = map_stamp(ws)
    single = Ask("msa", region.COUNTY, chosen=(("kind", ("single",)),))
    assert len(map_cache.picture(ws, single, stamp).shops) == 1
    assert len(map_cache.picture(ws, ASK, stamp).shops) == 4


def test_a_move_of_an_alert_changes_the_stamp_and_the_picture(tmp_path: Path) -> None:
    ws = region.build(tmp_path / "home")
    before = map_cache.drawn(ws, ASK, map_stamp(ws), "risk").frame
    stamp = map_stamp(ws)
    with ws.store.write() as connection:
        region.add_alert(connection, "a-new", "R-M01", "orange", ["W2"], region.WEST, {"msa": "lead"})
    assert map_stamp(ws) != stamp
    after = map_cache.drawn(ws, ASK, map_stamp(ws), "risk").frame
    assert dict(zip(after["id"], after["class"], strict=True))["shop:W2"] == "orange"
    assert dict(zip(before["id"], before["class"], strict=True))["shop:W2"] == "none"


def test_what_is_warmed_is_what_the_first_reader_asks_for(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    warming.warm_map(ws, ASK)
    monkeypatch.setattr(map_cache, "layer_of", map_cache.layer_of)
    stamp = map_stamp(ws)
    assert map_cache.drawn(ws, ASK, stamp, "pressure") is map_cache.drawn(
        ws, Ask("msa", region.COUNTY, SPECIAL), stamp, "pressure"
    )


def test_scopes_are_those_of_accounts_in_use(small: Workspace, tmp_path: Path) -> None:
    from tests.cities import copy_of
    from yaotong.reads.accounts import scopes

    copied = copy_of(small, tmp_path / "home")
    known = scopes(copied)
    assert ("msa", "330482") in known
    assert len(known) == len(set(known)) >= 4
    with copied.store.write() as connection:
        connection.execute(update(account).where(account.c.department == "msa").values(disabled=True))
    assert {department for department, _ in scopes(copied)} == {"nhsa", "hc", "psb"}
