"""The files of deploy/ are read by the programs they are for, and name what there is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from yaotong.cli import COMMANDS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    assert len(UNITS) == 3
    for unit in [*UNITS, *(DEPLOY / "systemd").glob("*.timer")]:
        text = unit.read_text("utf-8").replace("/opt/yaotong", str(ROOT))
        (tmp_path / unit.name).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "yaotong" in line]
    assert (done.returncode, ours) == (0, [])


def test_systemd_would_find_a_fault(tmp_path: Path) -> None:
    text = UNITS[0].read_text("utf-8").replace("ExecStart=/", "ExecStart=none/")
    (tmp_path / "yaotong-broken.service").write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", str(tmp_path / "yaotong-broken.service")]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("unit", UNITS, ids=[one.stem for one in UNITS])
def test_units_run_commands_that_there_are_and_write_only_their_own_folders(unit: Path) -> None:
    text = unit.read_text("utf-8")
    verbs = re.findall(r"-m yaotong ([a-z]+)", text)
    assert verbs
    assert set(verbs) <= {str(one.name) for one in COMMANDS} | {"serve"}
    assert "ProtectSystem=strict" in text
    assert "NoNewPrivileges=yes" in text
    (writes,) = re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE)
    assert set(writes.split()) <= {"/var/lib/yaotong", "/var/backups/yaotong"}


def test_the_compose_file_is_read_and_gives_no_secret_away(tmp_path: Path) -> None:
    for name in ("db-password", "database-url"):
        secret = DEPLOY / "compose" / name
        assert not secret.exists(), f"{name} belongs to a machine, not here"
        assert (
            subprocess.run(["git", "check-ignore", "-q", str(secret)], cwd=ROOT, check=False).returncode == 0
        )
        (tmp_path / name).write_text("YAOTONG_DATABASE_URL=postgresql+psycopg://x\n")
    copy = tmp_path / "compose.yaml"
    copy.write_text(
        (DEPLOY / "compose/compose.yaml").read_text("utf-8").replace("context: ../..", f"context: {ROOT}")
    )
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        ["docker-compose", "-f", str(copy), "config"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert set(services) == {"database", "init", "web", "worker"}
    # Only this machine reaches the web app, and nobody the database.
    assert [str(one) for one in services["web"]["ports"]] == ["127.0.0.1:8000:8000/tcp"]
    assert "ports" not in services["database"]


def test_a_compose_file_with_a_fault_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "compose.yaml"
    copy.write_text(
        (DEPLOY / "compose/compose.yaml").read_text("utf-8").replace("    image: yaotong\n", "    imago: x\n")
    )
    done = subprocess.run(["docker-compose", "-f", str(copy), "config"], capture_output=True, check=False)
    assert done.returncode != 0
