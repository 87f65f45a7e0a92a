"""A process that imported everything once and forks one child per try, to kill it or to let a call fail.

    python -m tests.crash.runner kill FOLDER TRIES SEED
    LD_PRELOAD=fault.so python -m tests.crash.runner fault FOLDER KIND ERRNO

After every try the workspace is opened anew: each file must be wholly in or wholly out, nothing may be wrong
with it, and sending the file again must give exactly its rows once. Prints one line of JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

import pandas as pd

from yaotong.acts.intake import take_in
from yaotong.codes import Outcome
from yaotong.errors import StoreError
from yaotong.intake import Limits
from yaotong.store.factbase import open_facts
from yaotong.store.health import examine
from yaotong.workspace import init_workspace, open_workspace

NOW = datetime(2026, 7, 1, 9)
_STORE_ERROR, _TRACEBACK = 4, 70


class Broken(Exception):
    """A workspace that is not as it must be; the message says what was found."""


def sales_file(folder: Path, number: int, rows: int) -> Path:
    """A file of its own lines over three months and two pharmacies."""
    serial = pd.Series(range(rows))
    moments = pd.Timestamp("2026-03-01 08:00") + pd.to_timedelta(serial * 7_000 % 7_500_000, unit="s")
    frame = pd.DataFrame(
        {
            "sale_id": f"F{number}-" + serial.astype("str"),
            "pharmacy_id": "P" + (serial % 2).astype("str"),
            "sold_at": moments.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "drug_code": "D1",
            "quantity": 1 + serial % 3,
        }
    )
    path = folder / f"sales-{number}.csv"
    frame.to_csv(path, index=False)
    return path


def counted(home: Path) -> dict[str, int]:
    """Lines by file as the facts have them; Broken when a line stands twice or the workspace is unsound."""
    ws = open_workspace(home)
    try:
        sales = open_facts(ws.store).sales
        ids = sales.select(sales.sale_id).to_pandas()["sale_id"]
        if ids.duplicated().any():
            raise Broken(f"{ids[ids.duplicated()].iloc[0]} stands twice")
        bad = [one for one in examine(ws.store).bad if "磁盘" not in one]
        if bad:
            raise Broken("; ".join(bad))
        return ids.str.split("-").str[0].value_counts().to_dict()
    finally:
        ws.store.engine.dispose()


def check(home: Path, number: int, rows: int, others: dict[str, int]) -> bool:
    """Whether file `number` is in; Broken when it is half in or another file changed."""
    found = counted(home)
    own = found.pop(f"F{number}", 0)
    if own not in (0, rows):
        raise Broken(f"{own} of {rows} rows are in")
    if found != others:
        raise Broken(f"others were {others}, now {found}")
    return own == rows


def send(home: Path, path: Path, rows: int) -> Outcome:
    """Send a file; Broken when the receipt does not account for it."""
    ws = open_workspace(home)
    try:
        receipt = take_in(ws, path, feed="sales", now=NOW, limits=Limits.off())
        if receipt.accepted + receipt.duplicates != rows or receipt.rejected:
            raise Broken(f"{receipt.accepted} accepted, {receipt.duplicates} known of {rows}")
        return receipt.outcome
    finally:
        ws.store.engine.dispose()


def settle(home: Path, path: Path, number: int, rows: int, others: dict[str, int]) -> bool:
    """After a try: whole, then sent again and exactly once, and nothing left of the try."""
    was_in = check(home, number, rows, others)
    outcome = send(home, path, rows)
    if was_in != (outcome is Outcome.NOOP):
        raise Broken(f"the file was {'in' if was_in else 'out'} and sent again it is {outcome}")
    if not check(home, number, rows, others):
        raise Broken("sent again, the file is not in")
    left = [one for one in (home / "facts" / "staging").iterdir() if one.is_dir()]
    if left:
        raise Broken(f"{len(left)} folders of dead loads are left")
    return was_in


def child(home: Path, path: Path, arm: tuple[str, int, int] | None = None) -> int:
    """Fork a child that takes the file in; answers its process id."""
    pid = os.fork()
    if pid:
        return pid
    code, said = _TRACEBACK, ""
    shim = ctypes.CDLL(None) if arm else None
    try:
        if shim is not None and arm is not None:
            kind, n, number = arm
            shim.fault_arm(kind.encode(), n, number, str(home).encode())
        _send_any(home, path)
        code = 0
    except StoreError as error:
        code, said = _STORE_ERROR, str(error)
    except Exception as error:  # whatever it is, it is told to the one who waits
        said = f"{type(error).__name__}: {error}"
    finally:
        fired = shim.fault_fired() if shim is not None else 0
        (home.parent / f"told-{os.getpid()}.json").write_text(json.dumps({"fired": fired, "said": said}))
        os._exit(code)


def _send_any(home: Path, path: Path) -> None:
    ws = open_workspace(home)
    take_in(ws, path, feed="sales", now=NOW, limits=Limits.off())


def kill_loop(folder: Path, tries: int, seed: int) -> dict[str, object]:
    """Kill children at moments spread over the whole of a load; one or several at a time."""
    rng = random.Random(seed)
    home, rows = folder / "home", 3_000
    init_workspace(home)
    send(home, sales_file(folder, 0, rows), rows)  # the compiled loops are loaded before the first child
    spent = _duration(folder, home)
    others = counted(home)
    inside, killed, number = 0, 0, 3
    while killed < tries:
        files = [sales_file(folder, number + one, rows) for one in range(rng.choice((1, 1, 1, 3)))]
        pids = [child(home, path) for path in files]
        time.sleep(rng.uniform(0, 1.15) * spent * len(files))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            killed += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
        found = counted(home)
        for place, path in enumerate(files):
            known = {**others, **{f"F{n}": c for n in range(number + place + 1, number + len(files)) if (c := found.get(f"F{n}", 0))}}  # fmt: skip
            inside += settle(home, path, number + place, rows, known)
            others[f"F{number + place}"] = rows
        number += len(files)
    return {"killed": killed, "wholly_in": inside, "files": number - 1, "load_seconds": spent}


def _duration(folder: Path, home: Path) -> float:
    times = []
    for number in range(3):
        path = sales_file(folder, number, 3_000)
        start = time.monotonic()
        os.waitpid(child(home, path), 0)
        times.append(time.monotonic() - start)
    return min(times[1:])  # the first was known already


def fault_loop(folder: Path, kind: str, number: int) -> dict[str, object]:
    """Let the first, second, … call of a kind fail until one load has fewer calls than that."""
    home, rows = folder / "home", 400
    init_workspace(home)
    send(home, sales_file(folder, 0, rows), rows)
    others = counted(home)
    told: dict[str, int] = {}
    for n in range(1, 2_000):
        path = sales_file(folder, n, rows)
        pid = child(home, path, (kind, n, number))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        note = json.loads((folder / f"told-{pid}.json").read_text())
        if code not in (0, _STORE_ERROR):
            raise Broken(f"{kind} {n}: ended with {code}: {note['said']}")
        settle(home, path, n, rows, others)
        others[f"F{n}"] = rows
        told[str(code)] = told.get(str(code), 0) + 1
        if not note["fired"]:
            return {"calls": n - 1, "codes": told}
    raise Broken("it never ended")


def main() -> int:
    """Run one loop; 1 and a sentence when something is broken."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    try:
        if what == "kill":
            print(json.dumps(kill_loop(folder, int(sys.argv[3]), int(sys.argv[4]))))
        else:
            print(json.dumps(fault_loop(folder, sys.argv[3], int(sys.argv[4]))))
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
