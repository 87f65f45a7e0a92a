"""What a story may do: bend demand, sell single lines, announce notices, and say what it planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from yaotong.codes import SubjectKind
from yaotong.demo.cast import Cast
from yaotong.demo.catalogue import Catalogue
from yaotong.demo.demand import Demand
from yaotong.demo.hours import Clock
from yaotong.demo.identifiers import trace_codes
from yaotong.demo.people import Extras
from yaotong.demo.plan import Bools, Ints, Plan
from yaotong.demo.shops import Shops
from yaotong.demo.truth import Story, Verdict
from yaotong.demo.twists import Shelf, Twist, buying, month_ends

STORY_SERIALS = 9_000_000_000_000  # packs of the stories are numbered from here, the crowd's from 0


@dataclass(frozen=True, slots=True)
class Line:
    """One sales line a story adds; empty texts are left to the till or stay empty."""

    shop: int
    at: datetime
    drug: int
    quantity: float
    trace_code: str
    batch_no: str
    buyer_id_no: str
    prescription: bool
    settlement_id: str


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase a story adds; an empty supplier is one that the ledger does not name."""

    shop: int
    drug: int
    day: int
    packs: float
    supplier: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Lines of the crowd that belong to a story: those shops' lines of those drugs on days first..last."""

    shops: tuple[int, ...]
    drugs: Bools
    first: int
    last: int


@dataclass
class Stage:
    """The city while stories are told. Row numbers returned by `sell` name a line until it has its id."""

    plan: Plan
    catalogue: Catalogue
    shops: Shops
    clock: Clock
    cast: Cast
    demand: Demand
    people: Extras
    lines: list[Line] = field(default_factory=list)
    stories: list[tuple[Story, Evidence | None]] = field(default_factory=list)
    notices: list[dict[str, str]] = field(default_factory=list)
    recalls: list[dict[str, str]] = field(default_factory=list)
    omitted: list[dict[str, str]] = field(default_factory=list)
    echoes: list[dict[str, Any]] = field(default_factory=list)
    twists: dict[Shelf, Twist] = field(default_factory=dict)
    spared: dict[tuple[int, str], str] = field(default_factory=dict)  # lots whose purchase is not sent so
    bought: list[Bought] = field(default_factory=list)  # purchases beside what is sold
    crossing: list[dict[str, Any]] = field(default_factory=list)
    packs: int = 0  # trace codes given to stories so far

    @cached_property
    def month_ends(self) -> list[int]:
        """Days on which shelves are counted."""
        return month_ends(self.plan)

    @cached_property
    def buying(self) -> Ints:
        """Shops that send purchases."""
        return buying(self.plan, self.shops, self.catalogue, self.demand)

    def bookkeeping(self, count: int) -> list[int]:
        """Ordinary shops that send purchases and whose shelves no story has told of; perhaps fewer."""
        used = {shop for shop, _ in (*self.twists, *self.spared)} | {one.shop for one in self.bought}
        ours = [int(one) for one in self.buying if self.shops.ordinary[one] and int(one) not in used]
        return ours[:count]

    def shelf(self, shop: int, drug_code: str, twist: Twist) -> None:
        """Do something to a shelf."""
        self.twists[shop, self.catalogue.position(drug_code)] = twist

    def bystanders(self, count: int) -> list[int]:
        """Ordinary shops that serve a few lines of a story without being a part of it."""
        ours = [int(one) for one in np.flatnonzero(self.shops.ordinary)]
        ours.sort(key=lambda shop: (shop in self.cast.taken, -shop))
        return ours[:count] if len(ours) >= count else []

    def at(self, shop: int, days_before_end: int, minutes: float) -> datetime:
        """So many minutes after the shop opens on that day."""
        return self.clock.after_opening(shop, self.plan.before_end(days_before_end), minutes)

    def new_trace_code(self, drug_code: str) -> str:
        """The code of a pack nobody else holds."""
        self.packs += 1
        product = self.catalogue.product_codes[[self.catalogue.position(drug_code)]]
        serial = self.plan.region.first_serial // 4 + STORY_SERIALS + self.packs
        return str(trace_codes(product, np.array([serial]))[0])

    def sell(
        self,
        shop: int,
        at: datetime,
        drug_code: str,
        quantity: float = 1.0,
        *,
        buyer: str = "",
        trace_code: str = "",
        batch_no: str = "",
        prescription: bool = False,
        settlement_id: str = "",
    ) -> int:
        """Add one line (negative quantity: a return) and answer its row number."""
        code = trace_code or self.new_trace_code(drug_code)
        drug = self.catalogue.position(drug_code)
        line = Line(shop, at, drug, quantity, code, batch_no, buyer, prescription, settlement_id)
        self.lines.append(line)
        return len(self.lines) - 1

    def tell(
        self,
        story: str,
        rule: str,
        verdict: Verdict,
        kind: SubjectKind,
        subject: str,
        why: str,
        *,
        shops: Sequence[int] = (),
        rows: Sequence[int] = (),
        evidence: Evidence | None = None,
        since: date | None = None,
        until: date | None = None,
        by: date | None = None,
    ) -> None:
        """Write down what was planted; the period is that of the rows when not given."""
        days = [self.lines[row].at.date() for row in rows]
        where = shops or sorted({self.lines[row].shop for row in rows})
        entry = Story(
            story=story,
            rule=rule,
            verdict=verdict,
            subject_kind=kind,
            subject=subject,
            pharmacies=tuple(self.shops.named(list(where))),
            since=since or min(days),
            until=until or max(days),
            why=why,
            rows=tuple(rows),
            by=by,
        )
        self.stories.append((entry, evidence))

    def tell_shop(self, story: str, rule: str, verdict: Verdict, shop: int, why: str, **more: Any) -> None:
        """`tell` about a pharmacy."""
        subject = self.shops.license_nos[shop]
        self.tell(story, rule, verdict, SubjectKind.PHARMACY, subject, why, shops=[shop], **more)

    def tell_town(
        self, story: str, rule: str, verdict: Verdict, area_code: str, why: str, **more: Any
    ) -> None:
        """`tell` about an area."""
        self.tell(story, rule, verdict, SubjectKind.AREA, area_code, why, **more)

    def omit(self, rule: str, story: str, why: str) -> None:
        """Say that a story had no room in this city."""
        self.omitted.append({"rule": rule, "story": story, "why": why})

    def announce(self, first: int, last: int, scope: str, kind: str, name: str) -> None:
        """Put a notice for days first..last into the calendar feed; an empty scope means everywhere."""
        self.notices.append(
            {
                "date_from": self.plan.day(first).isoformat(),
                "date_until": self.plan.day(last).isoformat(),
                "scope": scope,
                "kind": kind,
                "name": name,
            }
        )

    def span(
        self, first_before_end: int, last_before_end: int, history_days: int = 0
    ) -> tuple[int, int] | None:
        """Day indexes of a period given in days before the end.

        None when the city has not lived long enough to hold it with so many days of history before.
        """
        first, last = self.plan.before_end(first_before_end), self.plan.before_end(last_before_end)
        return (first, last) if first >= history_days else None

    def days(self, first: int, last: int) -> dict[str, date]:
        """`since` and `until` of a story told about days first..last."""
        return {"since": self.plan.day(first), "until": self.plan.day(last)}


def minutes_later(at: datetime, minutes: float) -> datetime:
    """A moment so many minutes after another, to the second."""
    return at + timedelta(seconds=round(minutes * 60))
