"""The chart beside an alert: the days around its behaviour, with the days of its findings marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from yaotong.alerts.model import Finding
from yaotong.codes import SPECIAL_CATEGORIES, SubjectKind
from yaotong.facts import Facts
from yaotong.reads.drawn import Series as Series
from yaotong.reads.expected import expected_series
from yaotong.rules.lint import tables_of
from yaotong.rules.model import Rule
from yaotong.signals import NAME as SIGNALS
from yaotong.store.factbase import open_facts
from yaotong.terms import TERMS, term
from yaotong.workspace import Workspace

_BEFORE_DAYS, _AFTER_DAYS = 60, 14


def series_of(
    workspace: Workspace, rule: Rule, subject: str, found: Sequence[Finding], now: datetime
) -> Series | None:
    """The series that lets a person see what the rule saw; None for a subject without one."""
    since = min(one.behaviour_day for one in found) - timedelta(days=_BEFORE_DAYS)
    until = min(max(one.behaviour_day for one in found) + timedelta(days=_AFTER_DAYS), now.date())
    facts = open_facts(workspace.store, until=until)
    marked = tuple(sorted({one.behaviour_day for one in found}))
    if SIGNALS in tables_of(rule):
        told = expected_series(facts, subject, found[-1].clause, since, until)
        return None if told is None else replace(told, marked=marked)
    if rule.subject_kind is SubjectKind.PHARMACY and "drugs" not in rule.feeds and found[-1].line_ids:
        return None  # lots: the evidence lines say all there is
    if rule.subject_kind is SubjectKind.PHARMACY:
        (zh, en), unit, daily, known = _shop(facts, rule, subject, found[-1].clause)
    elif rule.subject_kind is SubjectKind.AREA:
        (zh, en), unit, daily, known = _area(facts, subject)
    elif rule.subject_kind is SubjectKind.BUYER:
        (zh, en), unit, daily, known = _buyer(facts, subject)
    else:
        return None
    last = min(until, max(known)) if known else until
    days = tuple(since + timedelta(days=one) for one in range((last - since).days + 1))
    missing = rule.subject_kind is SubjectKind.PHARMACY and rule.rule_id != "R-M20"
    values = tuple(daily.get(day, None if missing and day not in known else 0.0) for day in days)
    return Series(zh, en, unit, days, values, marked)


_Daily = tuple[tuple[str, str], str, dict[date, float], set[date]]


def _shop(facts: Facts, rule: Rule, subject: str, clause: str) -> _Daily:
    """Packs a day of the clause's category, or of all special drugs; lines a day for a silence."""
    own = facts.sales.filter(facts.sales.pharmacy_id == subject)
    lines = own.group_by(day=own.sold_at.date()).agg(value=own.count().cast("float64")).to_pandas()
    known = {pd.Timestamp(day).date() for day in lines["day"]}
    if "drugs" not in rule.feeds:
        return ("每日销售行数", "Sales lines a day"), "行", _by_day(lines), _all_known(facts)
    categories = (clause,) if f"category.{clause}" in TERMS else SPECIAL_CATEGORIES
    sold = facts.sales_of(*categories)
    sold = sold.filter(sold.pharmacy_id == subject)
    frame = sold.group_by(day=sold.sold_at.date()).agg(value=sold.quantity.sum()).to_pandas()
    title = "特殊药品每日盒数", "Special drugs, packs a day"
    if len(categories) == 1:
        zh, en = (term(f"category.{clause}", lang) for lang in ("zh", "en"))
        title = f"{zh}每日盒数", f"{en}, packs a day"
    return title, "盒", _by_day(frame), known


def _area(facts: Facts, subject: str) -> _Daily:
    sold = facts.sales_of("FOUR")
    placed = sold.join(facts.pharmacies.select("pharmacy_id", "area_code"), "pharmacy_id")
    mine = placed.filter(placed.area_code == subject)
    frame = mine.group_by(day=mine.sold_at.date()).agg(value=mine.quantity.sum()).to_pandas()
    title = "四类药品每日盒数（全镇街合计）", "Four classes of drugs, packs a day in the whole town"
    return title, "盒", _by_day(frame), _all_known(facts)


def _buyer(facts: Facts, subject: str) -> _Daily:
    sold = facts.sales_of("EPH")
    mine = sold.filter(sold.buyer_key == subject)
    frame = mine.group_by(day=mine.sold_at.date()).agg(value=mine.quantity.sum()).to_pandas()
    title = "含麻黄碱类复方制剂每日购买盒数", "Compounds with ephedrines, packs bought a day"
    return title, "盒", _by_day(frame), _all_known(facts)


def _all_known(facts: Facts) -> set[date]:
    last = facts.sales.sold_at.max().to_pandas()
    return set() if pd.isna(last) else {last.date()}


def _by_day(frame: pd.DataFrame) -> dict[date, float]:
    return {
        pd.Timestamp(day).date(): float(value)
        for day, value in zip(frame["day"], frame["value"], strict=True)
    }
