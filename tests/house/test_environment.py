"""environment.yml and pyproject.toml ask for the same things."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))


def _split(line: str) -> tuple[str, frozenset[str]]:
    name = re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?", line)[0]
    return name, frozenset(part.strip() for part in line[len(name) :].split(",") if part.strip())


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment_writer", ROOT / ".ci" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _conda_lines(conda: dict[str, Any]) -> dict[str, frozenset[str]]:
    plain = [line for line in conda["dependencies"] if isinstance(line, str)]
    pips = next(line["pip"] for line in conda["dependencies"] if isinstance(line, dict))
    return dict(_split(line) for line in [*plain, *pips])


def _project_lines(project: dict[str, Any]) -> dict[str, frozenset[str]]:
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
        "python" + project["project"]["requires-python"],
        "pip",
    ]
    conda_names = _writer().CONDA_NAMES
    return {conda_names.get(name, name): versions for name, versions in map(_split, wanted)}


def test_the_same_names_and_the_same_ranges() -> None:
    assert _conda_lines(CONDA) == _project_lines(PROJECT), "运行 make lock 重写 environment.yml"


def test_a_range_that_differs_is_noticed() -> None:
    other = {**PROJECT, "project": {**PROJECT["project"], "requires-python": ">=3.12"}}
    assert _conda_lines(CONDA) != _project_lines(other)


def test_the_tests_speak_to_postgresql_through_the_driver_that_people_are_given() -> None:
    assert set(PROJECT["project"]["optional-dependencies"]["postgres"]) <= set(
        PROJECT["dependency-groups"]["dev"]
    )


def test_the_file_is_what_the_writer_writes() -> None:
    assert (ROOT / "environment.yml").read_text("utf-8") == _writer().environment(PROJECT)


@pytest.mark.parametrize("lock", ["base", "dev"])
def test_the_lock_holds_every_direct_dependency_at_one_version_in_range(lock: str) -> None:
    wanted = PROJECT["project"]["dependencies"] + (
        PROJECT["dependency-groups"]["dev"] if lock == "dev" else []
    )
    text = (ROOT / ".ci" / f"{lock}.lock").read_text("utf-8")
    locked = {match[1].lower() for match in re.finditer(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", text, re.M)}
    missing = {_split(line)[0].split("[")[0].lower() for line in wanted} - locked
    assert not missing, f"{sorted(missing)} 不在 .ci/{lock}.lock：运行 make lock"


def test_dev_runs_on_the_very_versions_that_people_run() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / ".ci" / f"{name}.lock").read_text("utf-8")
        return {line.rstrip(" \\") for line in text.splitlines() if "==" in line}

    assert pins("base") <= pins("dev")
    # Spark is large and only its own tests install it: everything else is the same there.
    added = {pin.partition("==")[0] for pin in pins("spark") - pins("dev")}
    assert pins("dev") <= pins("spark")
    assert added == {"pyspark", "py4j"}


@pytest.mark.parametrize("path", sorted((ROOT / ".ci").glob("*.lock")), ids=lambda path: path.name)
def test_a_lock_names_no_address_and_hashes_everything(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"://|file:|^--|^-f|@\s", text, re.M)
    for pin in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in pin, pin.splitlines()[0]
