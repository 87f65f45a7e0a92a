"""A real Spark cluster for one run of the tests: a master and two workers on loopback, gone with their parent."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

MISSING = "没有找到 {}。请运行 make test-spark，它会装好 Spark 与 Java。"
_READY_SECONDS = 90
_SETTINGS = """\
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.memory 1g
spark.executor.memory 700m
spark.executor.cores 1
spark.sql.shuffle.partitions 2
spark.default.parallelism 2
spark.ui.enabled false
spark.sql.warehouse.dir {folder}/warehouse
spark.local.dir {folder}/scratch
"""
_QUIET = """\
rootLogger.level = {level}
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{{1}}: %m%n
"""


class NoSpark(Exception):
    """The programs are not there, or did not start; the message tells the remedy."""


class Cluster:
    """A standalone master with workers of one core each."""

    def __init__(self, workers: int = 2) -> None:
        found = find_spec("pyspark")
        if found is None or found.origin is None:
            raise NoSpark(MISSING.format("pyspark"))
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise NoSpark(MISSING.format("java"))
        self._home = Path(found.origin).parent
        self.folder = Path(tempfile.mkdtemp(prefix="yaotong-spark-"))
        self._processes: list[subprocess.Popen[bytes]] = []
        for name, level in (("servers", "info"), ("driver", "error")):
            self._configure(self.folder / name, level)
        at = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self._start("master", "org.apache.spark.deploy.master.Master", *at)
        self.master = self._told("master", r"Starting Spark master at (spark://\S+)")
        names = [f"worker{number + 1}" for number in range(workers)]
        for name in names:
            given = (*at, "--cores", "1", "--memory", "800m", "--work-dir", str(self.folder / name))
            self._start(name, "org.apache.spark.deploy.worker.Worker", *given, self.master)
        for name in names:
            self._told(name, r"Successfully registered with master (\S+)")

    @property
    def driver_settings(self) -> Path:
        """What SPARK_CONF_DIR of a process that uses the cluster has to be."""
        return self.folder / "driver"

    def stop_worker(self) -> None:
        """End one of the workers at once, with what it was doing."""
        self._processes.pop().kill()

    def remove(self) -> None:
        """End all and leave nothing."""
        for one in reversed(self._processes):
            one.terminate()
            one.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configure(self, folder: Path, level: str) -> None:
        folder.mkdir()
        (folder / "spark-defaults.conf").write_text(_SETTINGS.format(folder=self.folder), "utf-8")
        (folder / "log4j2.properties").write_text(_QUIET.format(level=level), "utf-8")

    def _start(self, name: str, *given: str) -> None:
        around = {**os.environ, "SPARK_HOME": str(self._home), "SPARK_CONF_DIR": str(self.folder / "servers")}
        around |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
        # The kernel ends the server when we are gone, however we went.
        command = ["setpriv", "--pdeathsig", "TERM", str(self._home / "bin" / "spark-class"), *given]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log, env=around))

    def _told(self, name: str, pattern: str) -> str:
        """What a server's log says, once it says it."""
        log = self.folder / f"{name}.log"
        until = time.monotonic() + _READY_SECONDS
        while (found := re.search(pattern, log.read_text("utf-8", "replace"))) is None:
            if time.monotonic() > until:
                raise NoSpark(f"{name} 没有启动：{log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.1)
        return found[1]
