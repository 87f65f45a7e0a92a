"""The served browser libraries are exactly the ones named, at the versions the lock file holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webapp.vendor import collect

_LISTED = json.loads((collect.SERVED / "vendor.json").read_text("utf-8"))["libraries"]
_LOCK = json.loads((collect.HERE / "package-lock.json").read_text("utf-8"))


@pytest.mark.parametrize("library", _LISTED, ids=[one["name"] for one in _LISTED])
def test_every_served_file_has_the_digest_that_is_written_down(library: dict) -> None:
    folder = collect.SERVED / library["name"]
    served = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert served == set(library["sha512"]), "run `make vendor` and commit what it changes"
    for name, sha512 in library["sha512"].items():
        assert collect.digest(folder / name) == sha512, f"{name} was edited by hand: run `make vendor`"


@pytest.mark.parametrize("library", _LISTED, ids=[one["name"] for one in _LISTED])
def test_every_library_is_the_locked_version_and_carries_its_licence(library: dict) -> None:
    locked = _LOCK["packages"][f"node_modules/{library['name']}"]
    assert library["version"] == locked["version"]
    assert library["licence"] == locked["license"]
    assert "LICENSE" in library["sha512"]


def test_nothing_is_served_that_is_not_listed() -> None:
    folders = {path.name for path in collect.SERVED.iterdir() if path.is_dir()}
    assert folders == {one["name"] for one in _LISTED} == set(collect.FILES)


def test_the_lock_names_exact_versions_and_no_registry() -> None:
    wanted = json.loads((collect.HERE / "package.json").read_text("utf-8"))["dependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
    assert all("resolved" not in one for one in _LOCK["packages"].values())
    assert "://" not in json.dumps(_LOCK)


def test_a_file_that_a_package_lost_is_an_error_and_not_left_out(tmp_path: Path) -> None:
    package = tmp_path / "modules" / "leaflet"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "9.9.9", "license": "MIT"}', "utf-8")
    with pytest.raises(FileNotFoundError, match="LICENSE"):
        collect.collect(tmp_path / "modules", tmp_path / "served")
