"""Delivery: 1,000 messages due after twelve hours of silence, with and without a slow receiver beside them.

A real `yaotong worker` sends to real receivers on this machine. `make bench-alerts`.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from tests.delivery.filling import fill, states, worker, workspace_with
from tests.delivery.receivers import OK, Receiver, hangs, receiving
from yaotong import clock

MESSAGES = 1_000
FRESH = 100
_OTHERS = ("msa", "nhsa", "hc")


def main() -> None:
    """Print the figures; the targets stand beside them."""
    quiet = backlog(slow=False)
    slow = backlog(slow=True)
    print(f"{MESSAGES} 条积压送完：{quiet:.1f} 秒；另有一个不应答的：{slow:.1f} 秒（目标 60 秒以内）")
    print(f"一个不应答的接收方使别人多等 {slow - quiet:+.2f} 秒（目标 1 秒以内）")
    waits = sorted(fresh())
    print(
        f"新到期的通知，写入到收到：中位 {statistics.median(waits) * 1000:.0f} 毫秒，"
        f"p99 {waits[int(len(waits) * 0.99) - 1] * 1000:.0f} 毫秒，{len(waits)} 条（目标 2 秒以内）"
    )


def backlog(*, slow: bool) -> float:
    """Seconds until all messages of the receivers that answer have arrived, oldest first at each."""
    with tempfile.TemporaryDirectory() as folder, receiving(hangs) as bad:
        receivers = [receiving(OK) for _ in _OTHERS]
        good = [one.__enter__() for one in receivers]
        hooks = {name: one.url for name, one in zip(_OTHERS, good, strict=True)}
        workspace = workspace_with(Path(folder) / "home", {**hooks, "psb": bad.url})
        since = clock.now() - timedelta(hours=12)
        shares = [MESSAGES // 3 + (number < MESSAGES % 3) for number in range(3)]
        ids = [
            fill(workspace, name, share, name=name[0], written_at=since)
            for name, share in zip(_OTHERS, shares, strict=True)
        ]
        if slow:
            fill(workspace, "psb", 50, name="p", written_at=since)
        took = _until_all(Path(folder) / "home", good, shares)
        assert [one.ids for one in good] == ids, "not oldest first, or not once"
        assert states(workspace)["sent"] <= MESSAGES
        for one in receivers:
            one.__exit__(None, None, None)
        return took


def fresh() -> list[float]:
    """Seconds from the transaction that queues a message to its arrival, one after the other."""
    with tempfile.TemporaryDirectory() as folder, receiving(OK) as good:
        home = Path(folder) / "home"
        workspace = workspace_with(home, {"psb": good.url})
        process = worker(home)
        waits = []
        for number in range(FRESH):
            began = time.monotonic()
            fill(workspace, "psb", 1, name=f"{number:04d}", written_at=clock.now())
            while len(good.got) <= number:
                time.sleep(0.002)
            waits.append(good.got[number][0] - began)
        process.terminate()
        process.communicate(timeout=30)
        return waits


def _until_all(home: Path, good: list[Receiver], shares: list[int]) -> float:
    process = worker(home)
    began = time.monotonic()
    while [len(one.got) for one in good] != shares:
        if time.monotonic() - began > 300:
            raise SystemExit("300 秒内没有送完")
        time.sleep(0.01)
    took = max(one.got[-1][0] for one in good) - began
    process.terminate()
    process.communicate(timeout=30)
    return took


if __name__ == "__main__":
    main()
