"""`.ci/install` on machines that lack things, played with a stand-in Python that only takes notes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Stands in for Python: answers -c itself, notes what it is asked to install, and fails where told.
_PYTHON = """\
#!/bin/sh
case "$1 $2" in
    "-c "*) exec {real} "$@" ;;
    "-m venv")
        [ -e "{root}/venv-works" ] || exit 1
        mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *)
        case "$*" in *" --version"*) exit 0 ;; esac
        case "$*" in *"$(cat "{root}/fails" 2>/dev/null || echo no-such)"*) exit 1 ;; esac
        echo "$*" >>"{root}/notes" ;;
esac
"""
_APT = (
    '#!/bin/sh\necho "apt-get $*" >>"{root}/notes"\n[ -e "{root}/apt-works" ] && touch "{root}/venv-works"\n'
)


class Machine:
    """A checkout with nothing but the install script, and a PATH of stand-ins."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.checkout = root / "checkout"
        (self.checkout / ".ci").mkdir(parents=True)
        for name in ("install", "apt.sh", "base.lock", "dev.lock", "tool.lock"):
            shutil.copy(ROOT / ".ci" / name, self.checkout / ".ci" / name)
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        self.bin = root / "bin"
        self.bin.mkdir()
        for tool in ("sh", "cat", "rm", "mkdir", "cp", "env", "dirname", "touch", "pwd"):
            (self.bin / tool).symlink_to(shutil.which(tool))

    def has(self, *tools: str) -> None:
        texts = {"python3": _PYTHON, "apt-get": _APT, "id": "#!/bin/sh\necho 0\n"}
        for tool in tools:
            path = self.bin / tool
            path.write_text(texts[tool].format(real=sys.executable, root=self.root), "utf-8")
            path.chmod(0o755)

    def works(self, name: str) -> None:
        (self.root / f"{name}-works").touch()

    def install(self, what: str = "base") -> subprocess.CompletedProcess[str]:
        environ = {"PATH": str(self.bin), "LANG": "C.UTF-8"}
        command = [str(self.bin / "sh"), ".ci/install", what]
        return subprocess.run(
            command, cwd=self.checkout, env=environ, capture_output=True, text=True, check=False, timeout=60
        )

    def notes(self) -> list[str]:
        path = self.root / "notes"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_plain_machine_installs_from_the_locks_alone(machine: Machine) -> None:
    machine.has("python3")
    machine.works("venv")
    done = machine.install()
    assert done.returncode == 0, done.stderr
    tools, libraries, own = machine.notes()
    assert tools.startswith("-m pip install")
    assert tools.endswith("--require-hashes -r .ci/tool.lock")
    assert libraries.startswith("-m uv pip install")
    assert libraries.endswith("--require-hashes -r .ci/base.lock")
    assert own.endswith("--no-deps --no-build-isolation -e .")


def test_a_second_time_does_nothing_and_a_new_lock_does_it_again(machine: Machine) -> None:
    machine.has("python3")
    machine.works("venv")
    machine.install()
    machine.notes()
    again = machine.install()
    assert (again.returncode, again.stdout, machine.notes()) == (0, "", [])
    with (machine.checkout / ".ci/base.lock").open("a") as lock:
        lock.write("# changed\n")
    assert machine.install().returncode == 0
    assert len(machine.notes()) == 3


def test_what_the_tests_need_is_kept_apart(machine: Machine) -> None:
    machine.has("python3")
    machine.works("venv")
    machine.install()
    machine.notes()
    assert machine.install("dev").returncode == 0
    assert any(line.endswith("-r .ci/dev.lock") for line in machine.notes())
    assert machine.install("base").returncode == 0
    assert machine.notes() == []


def test_a_checkout_that_was_moved_is_installed_anew(machine: Machine) -> None:
    machine.has("python3")
    machine.works("venv")
    machine.install()
    machine.notes()
    machine.checkout = machine.checkout.rename(machine.root / "elsewhere")
    assert machine.install().returncode == 0
    assert len(machine.notes()) == 3


def test_a_missing_venv_is_fetched_where_that_is_possible(machine: Machine) -> None:
    machine.has("python3", "apt-get", "id")
    machine.works("apt")
    done = machine.install()
    assert done.returncode == 0, done.stderr
    fetched = [line for line in machine.notes() if line.startswith("apt-get")]
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    assert fetched[-1].endswith(package)


@pytest.mark.parametrize("tools", [("python3", "apt-get", "id"), ("python3",)])
def test_a_missing_venv_that_cannot_be_fetched_is_said_with_the_remedy(
    machine: Machine, tools: tuple[str, ...]
) -> None:
    machine.has(*tools)
    done = machine.install()
    assert done.returncode == 3
    assert "apt-get install python3." in done.stderr.splitlines()[-1]
    assert not (machine.checkout / ".venv").exists()


def test_no_python_is_said_with_the_remedy(machine: Machine) -> None:
    done = machine.install()
    assert done.returncode == 3
    assert "Python 3.11" in done.stderr


def test_where_uv_cannot_reach_the_index_pip_does_the_work(machine: Machine) -> None:
    machine.has("python3")
    machine.works("venv")
    (machine.root / "fails").write_text("-m uv pip install")
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("-m pip install") for line in machine.notes())


def test_where_nothing_can_be_fetched_it_stops_and_the_next_try_begins_again(machine: Machine) -> None:
    machine.has("python3")
    machine.works("venv")
    (machine.root / "fails").write_text("pip install")
    assert machine.install().returncode == 3
    assert not (machine.checkout / ".venv/.installed-base").exists()
    (machine.root / "fails").unlink()
    assert machine.install().returncode == 0
    assert len(machine.notes()) == 3


def test_anything_else_is_wrong_usage(machine: Machine) -> None:
    assert machine.install("all").returncode == 2
