"""How long one look takes over all the lines of a city whose book was judged: an alert's page, a pharmacy's.

    python -m bench.rule_looks HOME

Up to `_MOST` alerts of market supervision, drawn with a seed, each looked at as their page does it: the alert
with its evidence and chart, how it comes about, its shop. One JSON object a line, as for rule_province.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

from yaotong import acts
from yaotong.clock import now
from yaotong.reads.alert_view import alert_view
from yaotong.reads.alerts import Filters, inbox
from yaotong.reads.explain import explain
from yaotong.reads.pharmacy import pharmacy_view
from yaotong.viewer import Viewer
from yaotong.workspace import open_workspace

_MOST = 40
_OFFICER = Viewer("bench", "", "msa", "330482", "officer")


def main(home: Path) -> None:
    workspace, at = open_workspace(home, {}), now()
    acts.deliver(workspace, now=at, channels=("inbox",))
    rows = inbox(workspace, _OFFICER, filters=Filters(state=""), limit=5_000, now=at).rows
    took: dict[str, list[float]] = defaultdict(list)
    for row in random.Random(4).sample(rows, min(_MOST, len(rows))):
        began = time.perf_counter()
        alert_view(workspace, _OFFICER, row.alert_id, now=at)
        explain(workspace, row.alert_id, recompute=False)
        took["alert"].append(time.perf_counter() - began)
        if row.pharmacy_ids:
            began = time.perf_counter()
            pharmacy_view(workspace, _OFFICER, row.pharmacy_ids[0], now=at)
            took["pharmacy"].append(time.perf_counter() - began)
    for name, seconds in took.items():
        p95 = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
        told = {"look": name, "times": len(seconds), "median": statistics.median(seconds), "p95": p95}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
