"""The rule book as its readers see it: each rule with its worth, and its page as safe HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt

from yaotong.departments import departments, lead_of
from yaotong.errors import NotFound
from yaotong.records import FEEDS
from yaotong.reports.worth import FEW, Worth, worths
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.rules.page import read_page
from yaotong.rules.waiting import Waiting, waiting
from yaotong.store import casework, registry
from yaotong.store.schema import REGISTRIES
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a line: who leads it, and what its alerts turned out to be."""

    rule: Rule
    lead_zh: str
    lead_en: str
    alerts: int
    closed: int
    confirmed: int
    false_alarms: int
    unverifiable: int
    # Each version's own, the newest first.
    versions: tuple[Worth, ...] = ()

    @property
    def open(self) -> int:
        """Alerts that nobody closed yet."""
        return self.alerts - self.closed

    @property
    def judged(self) -> int:
        """Alerts that were found true or false."""
        return self.confirmed + self.false_alarms

    @property
    def rate(self) -> float | None:
        """Share of the judged that were true, 0 to 1; None while nothing was judged: unknown is not zero."""
        return self.confirmed / self.judged if self.judged else None

    @property
    def few(self) -> bool:
        """Whether the share rests on too few alerts to compare rules by it."""
        return self.judged < FEW


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule's page: HTML made from its text, raw HTML in the text shown as text."""

    row: RuleRow
    html: str
    cases: int


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A rule that cannot be written yet."""

    waiting: Waiting
    lead_zh: str
    lead_en: str


def rules(workspace: Workspace) -> tuple[RuleRow, ...]:
    """All rules in the order of their ids."""
    with workspace.store.read() as connection:
        ended, opened = casework.outcomes(connection), casework.counts(connection)
        closed = casework.closed_counts(connection)
        known = worths(casework.outcomes_by_version(connection))
    rows = (_row(rule, ended, opened, closed) for rule in book().values())
    return tuple(
        replace(row, versions=tuple(one for one in known if one.rule_id == row.rule.rule_id)) for row in rows
    )


def worth_of(workspace: Workspace, rule_id: str, version: int) -> Worth:
    """What the alerts of one version of a rule turned out to be."""
    with workspace.store.read() as connection:
        known = worths(casework.outcomes_by_version(connection, rule_id))
    return next((one for one in known if one.version == version), Worth(rule_id, version))


def waiting_rules() -> tuple[WaitingRow, ...]:
    """The rules of the plan that wait for what nobody sends yet, with who would lead them."""
    known = departments()
    return tuple(
        WaitingRow(one, lead_of(one.rule_id, known).name_zh, lead_of(one.rule_id, known).name_en)
        for one in waiting()
    )


@dataclass(frozen=True, slots=True)
class AwaitingClause:
    """A limb of a rule that judges nothing yet: the register it needs, by its title, was never sent."""

    row: RuleRow
    clause: str
    register: str


def awaiting_clauses(workspace: Workspace, rows: Iterable[RuleRow]) -> tuple[AwaitingClause, ...]:
    """The limbs of rules that wait for a register, in the order of the rows."""
    limbs = [(row, name, one.awaits) for row in rows for name, one in row.rule.clauses.items() if one.awaits]
    with workspace.store.read() as connection:
        empty = {
            one for one in {wanted for _, _, wanted in limbs}
            if not registry.holds_any(connection, REGISTRIES[one])
        }  # fmt: skip
    return tuple(
        AwaitingClause(row, name, FEEDS[wanted].title_zh) for row, name, wanted in limbs if wanted in empty
    )


def rule_page(workspace: Workspace, rule_id: str) -> RulePage:
    """One rule's page; NotFound when the book has no such rule."""
    if rule_id not in book():
        raise NotFound(f"没有规则 {rule_id}。")
    row = next(one for one in rules(workspace) if one.rule.rule_id == rule_id)
    page = read_page(rule_id)
    body = re.sub(r"^# .*\n", "", page.source, count=1)
    return RulePage(row, as_html(body), len(page.cases))


def rule_names() -> dict[str, str]:
    """The Chinese name of every rule → its English name."""
    return {rule.name_zh: rule.name_en for rule in book().values()}


def all_rules() -> Mapping[str, Rule]:
    """Every rule of the book by its id."""
    return book()


def rule_of(rule_id: str) -> Rule | None:
    """A rule of the book, or None."""
    return book().get(rule_id)


def as_html(text: str) -> str:
    """A page's text as HTML, raw HTML in it shown as text."""
    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return rendered


def _row(
    rule: Rule, ended: dict[tuple[str, str], int], opened: dict[str, int], closed: dict[str, int]
) -> RuleRow:
    lead = lead_of(rule.rule_id, departments())
    return RuleRow(
        rule=rule,
        lead_zh=lead.name_zh,
        lead_en=lead.name_en,
        alerts=opened.get(rule.rule_id, 0),
        closed=closed.get(rule.rule_id, 0),
        confirmed=ended.get((rule.rule_id, "confirmed"), 0),
        false_alarms=ended.get((rule.rule_id, "false_alarm"), 0),
        unverifiable=ended.get((rule.rule_id, "unverifiable"), 0),
    )
