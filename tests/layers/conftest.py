"""The small region as several people see it."""

from __future__ import annotations

import pytest

from tests.layers import region
from yaotong.reads.map import MapData, read_map
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@pytest.fixture(scope="session")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return region.build(tmp_path_factory.mktemp("region") / "home", {"N1": region.HOSTILE})


def viewer(department: str, area_code: str = region.COUNTY) -> Viewer:
    return Viewer(f"{department}-1", "演示员", department, area_code)


@pytest.fixture(scope="session")
def data(ws: Workspace) -> MapData:
    return read_map(ws, viewer("msa"))
