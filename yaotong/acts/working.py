"""The worker: judges and indexes what comes and delivers what is due, until it is told to stop.

A receiver that hangs holds its own lane alone. Any number of workers may run: see `lanes`. One of them
judges, and one keeps the index of trace codes; when it ends, another goes on with it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from yaotong.acts.browsing import Watch
from yaotong.acts.delivering import Delivered, name, settle_silent
from yaotong.acts.escalating import escalate
from yaotong.acts.following import follower
from yaotong.acts.lanes import Tally, hooks_of, know_receivers, run_lane
from yaotong.acts.tracing import follow_traces
from yaotong.departments import CHANNELS
from yaotong.errors import StoreError
from yaotong.rules.book import book
from yaotong.store import outbox
from yaotong.store.outbox import Lane
from yaotong.store.scratch import only_one
from yaotong.workspace import Workspace

POLL_SECONDS = 0.2
# A lane ends its try and writes it down; longer than that is not waited for.
STOP_SECONDS = 15.0
_SICK_SECONDS = 5.0
_TASKS = {"judging": "检测", "tracing": "追溯码索引"}
_log = logging.getLogger("yaotong.delivery")


class Worker:
    """Delivery, judging and indexing where it `judges`, until `stop`; `run` blocks. `tick` tells the time."""

    def __init__(
        self,
        workspace: Workspace,
        tick: Callable[[], datetime],
        poll_seconds: float = POLL_SECONDS,
        *,
        judges: bool = False,
    ) -> None:
        self._workspace, self._tick, self._poll = workspace, tick, poll_seconds
        tasks = (("judging", self._follow), ("tracing", self._index)) if judges else ()
        self._tasks = [
            threading.Thread(target=self._alone, args=one, name=one[0], daemon=True) for one in tasks
        ]
        self._stopped = threading.Event()
        self._lanes: dict[Lane, tuple[threading.Thread, Tally]] = {}
        self._done = Tally()
        # Now, rather than with the first message that is due.
        book()
        know_receivers(workspace)

    def stop(self) -> None:
        """Start nothing new; what is being sent is finished and written down."""
        self._stopped.set()

    def run(self) -> Delivered:
        """Deliver until stopped; what became of the messages."""
        for task in self._tasks:
            task.start()
        while not self._stopped.is_set():
            wait = self._poll
            try:
                self._look()
            except StoreError as error:
                _log.warning("业务库暂时不能用，%s 秒后再试：%s", _SICK_SECONDS, error)
                wait = _SICK_SECONDS
            self._stopped.wait(wait)
        self._join()
        counts = self._done.counts
        return Delivered(counts["sent"], counts["due"], counts["dead"])

    def _alone(self, what: str, work: Callable[[], None]) -> None:
        """Do something while nobody else does, and begin again after a store could not be had."""
        while not self._stopped.is_set():
            try:
                with only_one(self._workspace.store, what) as ours:
                    if ours:
                        work()
            except StoreError as error:
                _log.warning("%s停下，%s 秒后再试：%s", _TASKS[what], _SICK_SECONDS, error)
            except Exception as error:  # whatever it is, delivery goes on, and what came is tried again
                _log.error("%s停下，%s 秒后再试：%s", _TASKS[what], _SICK_SECONDS, type(error).__name__)
            self._stopped.wait(_SICK_SECONDS)

    def _index(self) -> None:
        while not self._stopped.is_set():
            if follow_traces(self._workspace) is None:
                self._stopped.wait(max(self._poll, 1.0))

    def _follow(self) -> None:
        judging, watch = follower(self._workspace), Watch(self._workspace)
        while not self._stopped.is_set():
            watch.look(self._tick())
            if not judging.step(self._tick()):
                self._stopped.wait(self._poll)

    def _look(self) -> None:
        """Start a lane for each receiver that something is due to and that has none here."""
        now = self._tick()
        escalate(self._workspace, now=now)
        settle_silent(self._workspace, now, CHANNELS, self._done)
        self._gather()
        idle = [lane for lane in hooks_of(self._workspace) if lane not in self._lanes]
        with self._workspace.store.read() as connection:
            wanted = outbox.lanes(connection, now, idle)
        for lane in wanted:
            tally = Tally()
            thread = threading.Thread(
                target=self._serve, args=(lane, tally), name="-".join(lane), daemon=True
            )
            self._lanes[lane] = (thread, tally)
            thread.start()

    def _serve(self, lane: Lane, tally: Tally) -> None:
        try:
            run_lane(
                self._workspace,
                lane,
                who=name(),
                tick=self._tick,
                tally=tally,
                stopped=self._stopped.is_set,
            )
        except StoreError as error:
            _log.warning("发往 %s 的 %s 时业务库不能用：%s", lane[1], lane[0], error)

    def _gather(self) -> None:
        for lane, (thread, tally) in list(self._lanes.items()):
            if not thread.is_alive():
                del self._lanes[lane]
                for state, number in tally.counts.items():
                    self._done.counts[state] += number

    def _join(self) -> None:
        until = time.monotonic() + STOP_SECONDS
        for thread in [*self._tasks, *(thread for thread, _ in self._lanes.values())]:
            thread.join(max(until - time.monotonic(), 0))
        self._gather()
