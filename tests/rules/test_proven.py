"""A book that was found whole is not looked over again until anything of it changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from yaotong.errors import ConfigError
from yaotong.rules import book as book_module
from yaotong.rules import proven
from yaotong.rules.book import book


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The rules that were looked over, by a program that never ran here."""
    seen: list[str] = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(book_module, "deep_faults", lambda rule, _: seen.append(rule.rule_id) or [])
    book.cache_clear()
    yield seen
    book.cache_clear()


def test_the_second_start_looks_nothing_over(looks: list[str], tmp_path: Path) -> None:
    assert len(book()) == len(looks) > 50
    book.cache_clear()
    looks.clear()
    assert book()
    assert looks == []
    assert len(list((tmp_path / "yaotong").iterdir())) == 1


def test_a_changed_program_is_looked_over_again_and_one_mark_kept(
    looks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book()
    looks.clear()
    book.cache_clear()
    monkeypatch.setattr(proven, "_digest", lambda: "another")
    assert len(book()) == len(looks)
    assert [one.name for one in (tmp_path / "yaotong").iterdir()] == ["rules-another"]


def test_where_no_mark_can_be_kept_everything_is_looked_over(
    looks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(book()) == len(looks)


def test_a_book_with_faults_is_never_marked(
    looks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "deep_faults", lambda *_: ["r_x.py:3 缺列"])
    with pytest.raises(ConfigError, match=r"r_x\.py:3"):
        book()
    assert not (tmp_path / "yaotong").exists()


def test_the_digest_tells_every_file_of_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "r_a.md").write_text("一")
    monkeypatch.setattr(proven, "_PACKAGE", tmp_path)
    told = set()
    for text in ("一", "二"):
        (tmp_path / "rules" / "r_a.md").write_text(text)
        told.add(proven._digest.__wrapped__())
    assert len(told) == 2
