"""The chart beside an alert: the days around its behaviour, with the days of its findings marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pandas as pd

from yaotong.alerts.model import Finding
from yaotong.codes import SPECIAL_CATEGORIES, SubjectKind
from yaotong.reads.drawn import Series as Series
from yaotong.reads.expected import expected_series
from yaotong.rules.lint import tables_of
from yaotong.rules.model import Rule
from yaotong.signals import NAME as SIGNALS
from yaotong.store import Store, registry
from yaotong.store.factbase import drugs_of
from yaotong.store.schema import placement
from yaotong.store.shoplines import of_categories, sold_days, sold_span
from yaotong.terms import TERMS, term
from yaotong.workspace import Workspace

_BEFORE_DAYS, _AFTER_DAYS = 60, 14


def series_of(
    workspace: Workspace, rule: Rule, subject: str, found: Sequence[Finding], now: datetime, judged_at: int
) -> Series | None:
    """The series that lets a person see what the rule saw; None for a subject without one.

    `judged_at` is the data version at which it was found.
    """
    since = min(one.behaviour_day for one in found) - timedelta(days=_BEFORE_DAYS)
    until = min(max(one.behaviour_day for one in found) + timedelta(days=_AFTER_DAYS), now.date())
    marked = tuple(sorted({one.behaviour_day for one in found}))
    if SIGNALS in tables_of(rule):
        judged = expected_series(workspace, subject, found[-1].clause, since, until, judged_at)
        return None if judged is None else replace(judged, marked=marked)
    if rule.subject_kind is SubjectKind.PHARMACY and "drugs" not in rule.feeds and found[-1].line_ids:
        return None  # lots: the evidence lines say all there is
    sold = _Sold(workspace.store, since, until)
    if rule.subject_kind is SubjectKind.PHARMACY:
        (zh, en), unit, daily, known = _shop(sold, rule, subject, found[-1].clause)
    elif rule.subject_kind is SubjectKind.AREA:
        (zh, en), unit, daily, known = _area(sold, subject)
    elif rule.subject_kind is SubjectKind.BUYER:
        (zh, en), unit, daily, known = _buyer(sold, subject)
    else:
        return None
    last = min(until, max(known)) if known else until
    days = tuple(since + timedelta(days=one) for one in range((last - since).days + 1))
    missing = rule.subject_kind is SubjectKind.PHARMACY and rule.rule_id != "R-M20"
    values = tuple(daily.get(day, None if missing and day not in known else 0.0) for day in days)
    return Series(zh, en, unit, days, values, marked)


_Daily = tuple[tuple[str, str], str, dict[date, float], set[date]]


@dataclass(frozen=True, slots=True)
class _Sold:
    """The sales of some days, read as they are asked for."""

    store: Store
    since: date
    until: date

    def of(self, *, shops: Sequence[str] | None = None, buyer: str | None = None) -> pd.DataFrame:
        return sold_days(self.store, self.since, self.until, shops=shops, buyer=buyer)

    def packs(self, sold: pd.DataFrame, *categories: str) -> dict[date, float]:
        """Packs a day of drugs that bore any of the categories on the day of sale."""
        with self.store.read() as connection:
            drugs = drugs_of(connection, sold["drug_code"].dropna().unique())
        return _by_day(of_categories(sold, drugs, categories), "packs")

    def last(self) -> set[date]:
        """The last day of anybody's sales, where there are any."""
        span = sold_span(self.store)
        return set() if span is None else {span[1]}


def _shop(sold: _Sold, rule: Rule, subject: str, clause: str) -> _Daily:
    """Packs a day of the clause's category, or of all special drugs; lines a day for a silence."""
    own = sold.of(shops=[subject])
    lines = _by_day(own, "lines")
    if "drugs" not in rule.feeds:
        return ("每日销售行数", "Sales lines a day"), "行", lines, sold.last()
    categories = (clause,) if f"category.{clause}" in TERMS else SPECIAL_CATEGORIES
    title = "特殊药品每日盒数", "Special drugs, packs a day"
    if len(categories) == 1:
        zh, en = (term(f"category.{clause}", lang) for lang in ("zh", "en"))
        title = f"{zh}每日盒数", f"{en}, packs a day"
    return title, "盒", sold.packs(own, *categories), set(lines)


def _area(sold: _Sold, subject: str) -> _Daily:
    with sold.store.read() as connection:
        shops = registry.having(connection, placement, "area_code", [subject])["license_no"].tolist()
    title = "四类药品每日盒数（全镇街合计）", "Four classes of drugs, packs a day in the whole town"
    return title, "盒", sold.packs(sold.of(shops=shops), "FOUR"), sold.last()


def _buyer(sold: _Sold, subject: str) -> _Daily:
    title = "含麻黄碱类复方制剂每日购买盒数", "Compounds with ephedrines, packs bought a day"
    return title, "盒", sold.packs(sold.of(buyer=subject), "EPH"), sold.last()


def _by_day(frame: pd.DataFrame, column: str) -> dict[date, float]:
    summed = frame.groupby("day")[column].sum()
    return dict(zip(pd.to_datetime(summed.index).date, summed.astype(float), strict=True))
