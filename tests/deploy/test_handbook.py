"""The operator's handbook, followed word by word: from nothing to PostgreSQL, a backup, and that restored."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.serving import free_port
from tests.postgres.cluster import ROLE, Cluster
from yaotong.demo import write_city

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = ROOT / "docs/operator.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def server() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.remove()


def test_a_stranger_who_follows_the_handbook_ends_with_a_restored_deployment(
    server: Cluster, tmp_path: Path
) -> None:
    feeds, backups = tmp_path / "feeds", tmp_path / "backups"
    backups.mkdir()
    write_city(feeds, days=45, pharmacies=24, seed=3)
    blocks = BLOCK.findall(HANDBOOK.read_text("utf-8"))
    assert len(blocks) >= 8
    script = "\n".join(
        ["set -eu", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *blocks, "echo 到此为止"]
    )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("YAOTONG_", "PG"))},
        "ROOT": str(ROOT), "HOME_DIR": str(tmp_path / "home"), "BACKUPS": str(backups), "FEEDS": str(feeds),
        "PORT": str(free_port()), "PASSWORD": "one-of-a-stranger",
        "PGHOST": str(server.folder), "PGPORT": "5432", "PGUSER": ROLE,
        "PATH": f"{server.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    assert done.stdout.rstrip().endswith("到此为止")
    for told in ("已建立账号 zhang", "重算：", "条发现与库里的相同"):
        assert told in done.stdout, told
    assert environment["PASSWORD"] not in done.stdout + done.stderr


def test_the_handbook_names_files_that_there_are() -> None:
    named = set(re.findall(r"`(deploy/[a-z/.]+|\.ci/[a-z.-]+)`", HANDBOOK.read_text("utf-8")))
    assert len(named) >= 4
    assert [one for one in sorted(named) if not (ROOT / one).exists()] == []
