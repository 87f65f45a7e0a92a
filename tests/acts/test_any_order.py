"""Content, not time, decides: files in any order, split anyhow, once or five times, give the same facts."""

from __future__ import annotations

import csv
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from yaotong.acts.intake import take_in
from yaotong.acts.wordings import Wording, outdated
from yaotong.codes import Outcome
from yaotong.store import factfiles, loads
from yaotong.store.clearing import clear
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace, init_workspace

NOW = datetime(2026, 6, 1, 9)
_HEADER = ["sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "recorded_at"]
_NEVER = ""


class Line(NamedTuple):
    """One wording of a sale: `recorded` is minutes after the sale, -1 when nobody said."""

    sale: int
    day: int
    quantity: int
    recorded: int

    @property
    def cells(self) -> list[str]:
        sold = datetime(2026, 4, 28, 10) + timedelta(days=self.day)
        recorded = (
            _NEVER if self.recorded < 0 else str(datetime(2026, 5, 10) + timedelta(minutes=self.recorded))
        )
        return [f"S{self.sale}", f"P{self.sale % 2}", str(sold), "D1", str(self.quantity), recorded]


def written(folder: Path, lines: list[Line], name: str) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([_HEADER, *(one.cells for one in lines)])
    return path


def facts_of(ws: Workspace, version: int | None = None) -> dict[str, tuple[str, float]]:
    sales = open_facts(ws.store, version=version).sales
    frame = sales.select(sales.sale_id, sales.sold_at, sales.quantity).to_pandas()
    assert frame["sale_id"].is_unique
    days = pd.to_datetime(frame["sold_at"]).dt.strftime("%m-%d")
    return dict(zip(frame["sale_id"], zip(days, frame["quantity"], strict=True), strict=True))


def plain_facts(winners: dict[int, Line]) -> dict[str, tuple[str, float]]:
    return {f"S{one.sale}": (one.cells[2][5:10], float(one.quantity)) for one in winners.values()}


any_line = st.builds(
    Line, st.integers(0, 4), st.integers(0, 6), st.integers(1, 3), st.sampled_from([-1, 0, 1, 2])
)


class Intake(RuleBasedStateMachine):
    """A workspace beside a dictionary of lines."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name)
        self.ws = init_workspace(self.home / "w")
        self.known: dict[int, list[Line]] = {}
        self.files: list[Path] = []
        self.past: dict[int, dict[str, tuple[str, float]]] = {}

    @rule(lines=st.lists(any_line, max_size=8))
    def take(self, lines: list[Line]) -> None:
        path = written(self.home, lines, f"f{len(self.files)}")
        self.files.append(path)
        fresh, duplicates, conflicts = self._plain(lines)
        receipt = take_in(self.ws, path, feed="sales", now=NOW)
        assert (receipt.accepted, receipt.duplicates) == (fresh, duplicates)
        assert [one.row for one in receipt.rejected] == conflicts
        assert {one.reason for one in receipt.rejected} <= {"conflict"}

    @rule(data=st.data())
    def take_again(self, data: st.DataObject) -> None:
        if not self.files:
            return
        receipt = take_in(self.ws, data.draw(st.sampled_from(self.files)), feed="sales", now=NOW)
        assert receipt.accepted == 0
        assert receipt.outcome in (Outcome.NOOP, Outcome.PARTIAL, Outcome.ACCEPTED)

    @rule()
    def clear(self) -> None:
        """What no longer holds leaves the files in force; no data version says anything else for it."""
        with self.ws.store.read() as connection:
            version = loads.current_version(connection)
        clear(self.ws.store, version)
        assert clear(self.ws.store, version) == 0
        with self.ws.store.read() as connection:
            assert factfiles.corrections(connection, "sales").empty
        for one, said in self.past.items():
            assert facts_of(self.ws, one) == said

    def _plain(self, lines: list[Line]) -> tuple[int, int, list[int]]:
        fresh, duplicates, conflicts = 0, 0, []
        here: dict[int, list[Line]] = {}
        for row, line in enumerate(lines, start=1):
            own = here.setdefault(line.sale, [])
            if line in own:
                duplicates += 1
            elif any(one.recorded == line.recorded for one in own):
                conflicts.append(row)
            else:
                own.append(line)
        for sale, own in here.items():
            known = self.known.setdefault(sale, [])
            duplicates += sum(one in known for one in own)
            fresh += sum(one not in known for one in own)
            known += [one for one in own if one not in known]
        return fresh, duplicates, conflicts

    @invariant()
    def the_facts_are_those_of_the_dictionary(self) -> None:
        # Of wordings recorded at one moment the later arrival holds; otherwise the later recorded.
        winners = {
            sale: max(enumerate(known), key=lambda item: (item[1].recorded, item[0]))[1]
            for sale, known in self.known.items()
            if known
        }
        assert facts_of(self.ws) == plain_facts(winners)
        with self.ws.store.read() as connection:
            self.past[loads.current_version(connection)] = plain_facts(winners)

    def teardown(self) -> None:
        self.ws.store.engine.dispose()
        self.folder.cleanup()


TestIntake = Intake.TestCase
TestIntake.settings = settings(max_examples=15, stateful_step_count=8, deadline=None)

# Wordings of one sale are recorded at different moments, so that content tells which is the later.
dated = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(1, 3)), min_size=1, max_size=12, unique=True
).map(
    lambda some: [Line(sale, day, quantity, recorded) for recorded, (sale, day, quantity) in enumerate(some)]
)


@pytest.mark.slow
@given(lines=dated, data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_order_split_anyhow_once_or_five_times(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Line], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("order")
    ws = init_workspace(folder / "w")
    times = data.draw(st.sampled_from([1, 2, 5]))
    every = data.draw(st.permutations(lines * times))
    cuts = data.draw(st.lists(st.integers(1, len(every)), max_size=4))
    starts = sorted({0, *(cut for cut in cuts if cut < len(every))})
    taken = 0
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(every)], strict=True)):
        receipt = take_in(ws, written(folder, every[start:end], f"f{number}"), feed="sales", now=NOW)
        assert not receipt.rejected
        taken += receipt.accepted
    assert taken == len(lines)
    last = {sale: max(one for one in lines if one.sale == sale) for sale in {one.sale for one in lines}}
    winners = {
        sale: max((one for one in lines if one.sale == sale), key=lambda one: one.recorded) for sale in last
    }
    assert facts_of(ws) == plain_facts(winners)
    ws.store.engine.dispose()


def test_a_wording_that_is_recorded_earlier_never_holds() -> None:
    late, early = Wording("k", "late", 9), Wording("k", "early", 3, "P/1")
    assert [one.line_sha for one in outdated([late], [early])] == ["early"]
    assert [one.line_sha for one in outdated([early], [Wording("k", "late", 9, "P/1")])] == ["early"]
    assert [one.line_sha for one in outdated([late], [Wording("k", "other", 9, "P/1")])] == ["late"]
    assert outdated([], [early]) == []
    assert outdated([late], [early])[0].line_id == "P/1"
