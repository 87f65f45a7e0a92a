"""A private PostgreSQL for one run of the tests: a unix socket, a temporary folder, gone with its parent."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROLE = "yaotong"
MISSING = (
    "没有找到 PostgreSQL 的程序（initdb、postgres）。请运行 sh .ci/install-postgres，"
    "或以管理员执行 apt-get install postgresql，或用 YAOTONG_PG_BIN 指出它们所在的目录。"
)
# What a crash of the machine would cost matters to nobody here.
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
# An order of texts unlike SQLite's, and a clock unlike Beijing's: nothing may lean on either.
_FOREIGN = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh-CN")
_READY_SECONDS = 30


class NoPostgres(Exception):
    """The programs are not there; the message tells the remedy."""


def programs() -> Path:
    """The folder of the newest initdb and postgres: YAOTONG_PG_BIN, Debian's, or that of the PATH."""
    found = [Path(one) for one in [os.environ.get("YAOTONG_PG_BIN", "")] if one]
    if not found:
        debian = Path("/usr/lib/postgresql").glob("*/bin")
        found = sorted(
            debian, key=lambda one: float(re.sub(r"[^0-9.]", "", one.parent.name) or 0), reverse=True
        )
        found += [Path(one).parent for one in [shutil.which("initdb")] if one]
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres(MISSING)


class Cluster:
    """One server that only this machine can reach; it ends with the process that started it."""

    def __init__(self) -> None:
        self._programs = programs()
        self.folder = Path(tempfile.mkdtemp(prefix="yaotong-pg-"))
        # PostgreSQL refuses to run as root: there Debian's own account for it does.
        self._as = [] if os.getuid() else ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self.folder.chmod(0o755)
        self._run("initdb", "-D", self._data, "-U", ROLE, "--auth=trust", "--no-sync", *_FOREIGN)
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [f"unix_socket_directories={self.folder}", "listen_addresses=", "max_connections=200"]
        settings += [*_QUICK, "timezone=America/St_Johns"]
        given = [part for one in settings for part in ("-c", one)]
        command = self._command("postgres", "-D", self._data, *given)
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, cwd="/")
        until = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > until:
                raise NoPostgres(f"PostgreSQL 没有启动：{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once: open transactions are rolled back, connections are cut."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(timeout=30)

    def restart(self) -> None:
        """As an administrator's `pg_ctl restart -m fast`."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop the server and leave nothing of it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def programs(self) -> Path:
        """Where its own programs are, such as createdb."""
        return self._programs

    @property
    def address(self) -> str:
        """The URL of its maintenance database."""
        return f"postgresql+psycopg://{ROLE}@/postgres?host={self.folder}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(host=str(self.folder), user=ROLE, dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _command(self, program: str, *given: object) -> list[str]:
        # The kernel interrupts the server when we are gone, however we went.
        ward = ["--pdeathsig", "INT"] if program == "postgres" else []
        return ["setpriv", *ward, *self._as, str(self._programs / program), *map(str, given)]

    def _run(self, program: str, *given: object) -> None:
        done = subprocess.run(
            self._command(program, *given), capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode:
            raise NoPostgres(f"{program} 没有做成：{done.stderr.strip()[-2000:]}")
