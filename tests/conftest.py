"""What every test may ask for: the published data, a Chromium, a database, how hard Hypothesis looks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import databases
from tests.postgres.cluster import Cluster
from tests.postgres.plugin import use_postgres

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A shared machine may pause any example, so no example has a deadline; in CI the same examples
# come every time, so that a red run can be repeated.
_SLOW_IS_FINE = (HealthCheck.too_slow,)
settings.register_profile("dev", deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("deep", deadline=None, max_examples=2000, suppress_health_check=_SLOW_IS_FINE)
# There the twins were compared on SQLite already, and each example costs a database.
settings.register_profile("postgres", deadline=None, max_examples=20, suppress_health_check=_SLOW_IS_FINE)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def real_data_folder() -> Path:
    """Where the published data lies: YAOTONG_REAL_DATA, or `../shared/data` beside the repository."""
    given = os.environ.get("YAOTONG_REAL_DATA")
    return Path(given) if given else ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published data; the test is skipped, saying so, where there is none."""
    folder = real_data_folder()
    if not folder.is_dir():
        pytest.skip("没有真实数据：请把 YAOTONG_REAL_DATA 指向数据目录（缺省为仓库旁的 shared/data）。")
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str | None:
    """The Chromium of the system for `executable_path`; None lets playwright use its own."""
    given = os.environ.get("YAOTONG_CHROMIUM")
    return given or next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Cluster]:
    """A PostgreSQL that no other module's tests use: it may be stopped and locked."""
    made = Cluster()
    yield made
    made.remove()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they need, so that `-m "not browser and not real"` is enough to leave them out."""
    _leave_out(config, items, "sqlite" if databases.on_postgres() else "postgres")
    for item in items:
        if "browser" in item.path.parent.parts[len(ROOT.parts) :]:
            item.add_marker(pytest.mark.browser)
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)


def _leave_out(config: pytest.Config, items: list[pytest.Item], mark: str) -> None:
    """Deselect what belongs to the other database."""
    other = [item for item in items if item.get_closest_marker(mark)]
    if other:
        config.hook.pytest_deselected(items=other)
        items[:] = [item for item in items if item not in other]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--database postgres`: every workspace of the run keeps its tables on a PostgreSQL of its own."""
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite", help="业务库用哪一种")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the database of this run."""
    config.addinivalue_line("markers", "postgres: about a PostgreSQL server; only with --database postgres")
    config.addinivalue_line("markers", "sqlite: about SQLite's own file; not with --database postgres")
    if config.getoption("--database") == "postgres":
        settings.load_profile("postgres")
        use_postgres(config)
