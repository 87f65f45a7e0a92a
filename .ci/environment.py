"""Write environment.yml from pyproject.toml, so that conda users get the same names and ranges.

`make lock` runs this; tests/house/test_environment.py compares the two files on its own.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Names that conda-forge spells otherwise.
CONDA_NAMES = {
    "duckdb": "python-duckdb",
    "ibis-framework[duckdb]": "ibis-duckdb",
    "psycopg[binary]": "psycopg",
}
# Packages that conda-forge does not carry, or carries under other versions: pip takes these.
PIP_ONLY = {
    "apprise",
    "chinesecalendar",
    "mapbox-vector-tile",
    "opening-hours-py",
    "pandas-stubs",
    "playwright",
    "python-stdnum",
    "standardwebhooks",
}
HEAD = """\
# The environment of pyproject.toml for conda; written by `make lock`, held equal by a test.
# conda env create -f environment.yml && conda activate yaotong && pip install --no-deps -e .
name: yaotong
channels:
  - conda-forge
  - nodefaults
dependencies:
"""


def requirements(project: dict) -> list[tuple[str, str]]:
    """(name with extras, version range) of the project, its build and its dev group, sorted."""
    lines = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    found = [re.fullmatch(r"([A-Za-z0-9._-]+(?:\[[a-z,]+\])?)\s*(.*)", line) for line in lines]
    return sorted((one[1], one[2].replace(" ", "")) for one in found if one)


def environment(project: dict) -> str:
    """The text of environment.yml."""
    python = project["project"]["requires-python"].replace(" ", "")
    ours = [f"  - python{python}", "  - pip"]
    pips = []
    for name, versions in requirements(project):
        if name in PIP_ONLY or name.startswith("types-"):
            pips.append(f"      - {name}{versions}")
        else:
            ours.append(f"  - {CONDA_NAMES.get(name, name)}{versions}")
    return HEAD + "\n".join([*ours, "  - pip:", *pips]) + "\n"


if __name__ == "__main__":
    text = environment(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")))
    (ROOT / "environment.yml").write_text(text, "utf-8")
