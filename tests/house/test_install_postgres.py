"""`.ci/install-postgres` on machines that have the server, can fetch it, or can do neither."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_APT = '#!/bin/sh\necho "apt-get $*" >>"{root}/notes"\ncase "$*" in *install*) {then} ;; esac\n'


class Machine:
    """A PATH of stand-ins; `server` is the only place where a PostgreSQL may be found."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin = root, root / "bin"
        self.bin.mkdir()
        for tool in ("sh", "env", "dirname", "cp"):
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.add("id", "#!/bin/sh\necho 0\n")

    def add(self, name: str, text: str, folder: Path | None = None) -> None:
        path = (folder or self.bin) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755)

    def install(self, **environ: str) -> subprocess.CompletedProcess[str]:
        script = self.root / ".ci" / "install-postgres"
        script.parent.mkdir(exist_ok=True)
        # The machine that plays may have Debian's server: the script looks at the player's instead.
        text = (ROOT / ".ci" / "install-postgres").read_text("utf-8")
        script.write_text(text.replace("/usr/lib/postgresql/*/bin", f"{self.root}/debian"), "utf-8")
        shutil.copy(ROOT / ".ci" / "apt.sh", script.parent)
        given = {"PATH": str(self.bin), "LANG": "C.UTF-8", **environ}
        command = [str(self.bin / "sh"), str(script)]
        return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def server(machine: Machine, folder: Path | None = None) -> None:
    for program in ("initdb", "postgres"):
        machine.add(program, "#!/bin/sh\n", folder)


def notes(machine: Machine) -> list[str]:
    path = machine.root / "notes"
    return path.read_text("utf-8").splitlines() if path.exists() else []


@pytest.mark.parametrize("folder", ["debian", "bin"])
def test_where_the_server_is_nothing_is_done(machine: Machine, folder: str) -> None:
    server(machine, machine.root / folder)
    machine.add("apt-get", _APT.format(root=machine.root, then="exit 1"))
    done = machine.install()
    assert (done.returncode, done.stdout, notes(machine)) == (0, "", [])


def test_where_it_is_missing_it_is_fetched(machine: Machine) -> None:
    server(machine, machine.root / "store")
    fetch = f'cp "{machine.root}"/store/* "{machine.bin}"'
    machine.add("apt-get", _APT.format(root=machine.root, then=fetch))
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert notes(machine)[-1].endswith("postgresql")


@pytest.mark.parametrize("apt", [True, False])
def test_where_it_cannot_be_fetched_the_remedy_is_said(machine: Machine, apt: bool) -> None:
    if apt:
        machine.add("apt-get", _APT.format(root=machine.root, then="exit 100"))
    done = machine.install()
    assert done.returncode == 3
    assert "apt-get install postgresql" in done.stderr.splitlines()[-1]


def test_a_folder_that_was_named_and_holds_no_server_is_not_replaced_by_another(machine: Machine) -> None:
    server(machine)
    done = machine.install(YAOTONG_PG_BIN=str(machine.root / "empty"))
    assert done.returncode == 3
    assert "YAOTONG_PG_BIN" in done.stderr
