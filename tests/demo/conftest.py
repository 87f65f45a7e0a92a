"""Two demo cities, written once: a small one of 60 days and one that lives through a whole year."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.demo.plain_rules import City, read_city
from yaotong.demo import CityTruth, write_city


@dataclass(frozen=True)
class Written:
    """A written city: its folder, its truth, and its tables read back."""

    folder: Path
    truth: CityTruth
    city: City


def _write(folder: Path, days: int, pharmacies: int) -> Written:
    truth = write_city(folder, days=days, pharmacies=pharmacies)
    return Written(folder, truth, read_city(folder))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """60 days, 40 pharmacies: the least city with a guilty and two innocents of every rule."""
    return _write(tmp_path_factory.mktemp("small"), 60, 40)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """365 days, 70 pharmacies: with winter, Spring Festival and every story."""
    return _write(tmp_path_factory.mktemp("year"), 365, 70)
