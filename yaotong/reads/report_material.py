"""What a report of one viewer is made from, read once: alerts at two moments, shops, sales, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import pandas as pd

from yaotong.departments import departments
from yaotong.reads.alerts import AlertRow, Names, rows_of
from yaotong.reads.kpis import Compared, compared_kpis, stories
from yaotong.reads.report_facts import Shops, last_whole_day, shop_days, special_sales
from yaotong.reads.sight import Sight, sight_of
from yaotong.reports.periods import Period
from yaotong.reports.stories import Story
from yaotong.store import loads
from yaotong.store.inboxes import Wanted
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@dataclass(frozen=True)
class Material:
    """`told` are the viewer's alerts as known now, `ended` as known at the period's end."""

    workspace: Workspace
    viewer: Viewer
    period: Period
    now: datetime
    version: int
    rows: Mapping[str, AlertRow]
    names: Names
    told: tuple[Story, ...]
    ended: tuple[Story, ...]

    @property
    def sight(self) -> Sight:
        """What the viewer's department may see of lines."""
        return sight_of(self.viewer.department, "lead")

    @property
    def counts_only(self) -> bool:
        """Whether the department sees counts and no identities: small ones are hidden from it."""
        return self.sight.lines == "none"

    @property
    def names_shops(self) -> bool:
        """Whether a shop may be named to it."""
        return "pharmacy" in self.sight.fields

    @property
    def led(self) -> list[Story]:
        """The alerts its department leads, at the period's end."""
        return [one for one in self.ended if one.lead == self.viewer.department]

    @property
    def last(self) -> date:
        """The last day of the period that is over."""
        return last_whole_day(self.period, self.now)

    @cached_property
    def kpis(self) -> tuple[Compared, ...]:
        """The figures of §7.3."""
        return compared_kpis(self.workspace, self.viewer, self.period, now=self.now)

    @cached_property
    def shops(self) -> Shops:
        """How the shops reported in the period."""
        return shop_days(self.workspace, self.version, self.period.first, self.last)

    @cached_property
    def own_shops(self) -> pd.DataFrame:
        """The active shops of the viewer's area."""
        return self.shops.of(self.viewer)

    def special(self, first: date, last: date) -> pd.DataFrame:
        """Special drugs handed out by the viewer's shops on some days, with the shops' area names."""
        sold = special_sales(self.workspace, self.version, first, last)
        return sold.merge(self.own_shops[["pharmacy_id", "area_name"]], on="pharmacy_id")

    def rule(self, story: Story) -> str:
        """A rule's id and name."""
        row = self.rows.get(story.alert_id)
        return story.rule_id if row is None else f"{story.rule_id} {row.rule_zh}"


def gather(workspace: Workspace, viewer: Viewer, period: Period, *, now: datetime) -> Material:
    """Read what a report is made from."""
    with workspace.store.read() as connection:
        version, names = loads.current_version(connection), Names.read(connection)
        rows = rows_of(connection, viewer, Wanted(), now=now)
    return Material(
        workspace=workspace,
        viewer=viewer,
        period=period,
        now=now,
        version=version,
        rows={one.alert_id: one for one in rows},
        names=names,
        told=stories(workspace, viewer, now, now=now),
        ended=stories(workspace, viewer, period.known_at(now), now=now),
    )


def short_name(department: str) -> str:
    """A department's short name; its id when it has no TOML any more."""
    known = departments()
    return known[department].short_zh if department in known else department
