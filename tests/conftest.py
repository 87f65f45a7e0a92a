"""What every test may ask for: the published data, a Chromium, and how hard Hypothesis looks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A shared machine may pause any example, so no example has a deadline; in CI the same examples
# come every time, so that a red run can be repeated.
_SLOW_IS_FINE = (HealthCheck.too_slow,)
settings.register_profile("dev", deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("deep", deadline=None, max_examples=2000, suppress_health_check=_SLOW_IS_FINE)
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


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark tests by what they need, so that `-m "not browser and not real"` is enough to leave them out."""
    for item in items:
        if "browser" in item.path.parent.parts[len(ROOT.parts) :]:
            item.add_marker(pytest.mark.browser)
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)
