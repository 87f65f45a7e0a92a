"""Take a file of the benchmark in, and once more as another file of the same lines.

python -m bench.intake_once IN.csv HOME
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import datetime
from pathlib import Path

from bench.intake_peers import drugs, shops
from yaotong.acts.intake import take_in
from yaotong.intake import Limits
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 11, 1)


def registers(ws: Workspace, folder: Path) -> None:
    """Make the pharmacies and drugs known that the sales name."""
    register = folder / "pharmacies.csv"
    rows = [
        f"{one},药店{place},地址{place},{121 + place % 40 / 100},{30.6 + place // 40 / 100},wgs84"
        for place, one in enumerate(shops())
    ]
    register.write_text("\n".join(["license_no,name,address,lon,lat,crs", *rows]), "utf-8")
    catalogue = folder / "drugs.csv"
    listed = [f"{one},药{one},OTC" for one in drugs()]
    catalogue.write_text("\n".join(["drug_code,drug_name,category", *listed]), "utf-8")
    for path, feed in ((register, "pharmacies"), (catalogue, "drugs")):
        if take_in(ws, path, feed=feed, now=NOW, limits=Limits.off()).rejected:
            raise SystemExit(f"{feed} were refused")


def timed(ws: Workspace, path: Path, accepted: int | None) -> tuple[float, int]:
    """Seconds and lines of one intake; SystemExit when it does not keep what it should."""
    start = time.perf_counter()
    receipt = take_in(ws, path, feed="sales", now=NOW, limits=Limits.off())
    seconds = time.perf_counter() - start
    if receipt.rejected or receipt.rows == 0 or accepted not in (None, receipt.accepted):
        refused = len(receipt.rejected)
        raise SystemExit(f"{receipt.rows:,} rows: {receipt.accepted:,} accepted, {refused:,} refused")
    return seconds, receipt.accepted


def main() -> None:
    """Warm up on a few lines, then measure."""
    path, home = Path(sys.argv[1]), Path(sys.argv[2])
    ws = init_workspace(home)
    registers(ws, home)
    head = home / "head.csv"
    with path.open("rb") as file:
        head.write_bytes(b"".join(file.readline() for _ in range(3_000)))
    timed(ws, head, None)
    seconds, rows = timed(ws, path, None)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    other = path.with_name("again.csv")
    other.write_bytes(path.read_bytes() + b"\n")
    again, _ = timed(ws, other, 0)
    print(json.dumps({"rows": rows, "seconds": seconds, "megabytes": most, "again": again}))


if __name__ == "__main__":
    main()
