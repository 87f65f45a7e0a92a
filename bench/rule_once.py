"""One run of the rules in a process of its own: seconds and findings of each, and the most memory.

    python -m bench.rule_once whole|night HOME

`whole` judges every day there is. `night` judges what the loads named night… brought, on the word that all
before was judged. One JSON object per rule, and a last one of the whole.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bench.rule_city import NIGHTS, versions
from yaotong import acts
from yaotong.acts.detection import RuleRun
from yaotong.acts.judging import Judging, key_of
from yaotong.rules.book import book
from yaotong.store import judged
from yaotong.store.factbase import open_facts
from yaotong.store.judged import Mark
from yaotong.workspace import Workspace, open_workspace

NOW = datetime(2026, 7, 1, 3)


def peak_bytes() -> int:
    """The most memory this process had at once."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def mark_history(workspace: Workspace) -> None:
    """Say that every rule has judged all that came before the nights."""
    with workspace.store.read() as connection:
        first = min(one for name, one in versions(connection).items() if name in dict(NIGHTS)) - 1
    judging = Judging(workspace.store, open_facts(workspace.store, version=first), first)
    with workspace.store.write() as connection:
        for rule in book().values():
            days = judging.days(rule)
            if days is not None:
                judged.mark(connection, rule.rule_id, Mark(key_of(rule, rule.values()), first, days.until))


def teller() -> Callable[[RuleRun], None]:
    """Tells each rule with the processors' seconds since the one before, and the most memory so far."""
    spent = time.process_time()

    def tell(run: RuleRun) -> None:
        nonlocal spent
        cpu, spent = time.process_time() - spent, time.process_time()
        told = {"rule": run.rule_id, "seconds": run.seconds, "cpu_seconds": cpu, "peak_bytes": peak_bytes()}
        print(json.dumps({**told, "found": run.found, "days": run.days}), flush=True)

    return tell


def main(what: str, home: Path) -> None:
    workspace = open_workspace(home, {})
    if what == "night":
        mark_history(workspace)
    began = time.perf_counter()
    acts.detect(workspace, now=NOW, whole=what == "whole", progress=teller())
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes(), "cpu_seconds": time.process_time()}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
