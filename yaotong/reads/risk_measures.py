"""The measures that the risk formula is fed with, drawn from the facts, the registers and the alerts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Facts
from yaotong.reads.coverage import EXCUSES
from yaotong.risk import Formula, Inputs, no_measures
from yaotong.risk.inputs import ALERT_COLUMNS
from yaotong.risk.presence import absent_hours
from yaotong.rules.shapes import noticed

HOUR_S = 3_600
_EPOCH = datetime(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """`days` days that end with `until`, that day included."""

    until: date
    days: int

    @property
    def since(self) -> date:
        """Its first day."""
        return self.until - timedelta(days=self.days - 1)

    @property
    def start(self) -> datetime:
        """First moment inside."""
        return datetime.combine(self.since, datetime.min.time())

    @property
    def end(self) -> datetime:
        """First moment after."""
        return datetime.combine(self.until + timedelta(days=1), datetime.min.time())


def last_day(facts: Facts) -> date | None:
    """The last Beijing day with any sale."""
    last = facts.sales.sold_at.max().to_pandas()
    return None if pd.isna(last) else last.date()


def measures(facts: Facts, as_of: date, faults: pd.Series, alerts: pd.DataFrame, formula: Formula) -> Inputs:
    """Everything about the shops that are not closed, up to and including a day.

    `faults`: how many quality findings each shop has, by license_no. `alerts`: as `store.risk` tells them.
    """
    shops = _listed(facts)
    parts = [
        _last_sold(facts, as_of),
        _sold(facts, Span(as_of, formula.special_days)),
        _special(facts, Span(as_of, formula.special_days)),
        _late(facts, Span(as_of, formula.quality_days), formula),
        _inspected(facts, Span(as_of, formula.breach_days)),
    ]
    filled = no_measures(shops["license_no"].tolist()).set_index("license_no")
    filled["kind"], filled["area_code"] = shops["kind"].to_numpy(), shops["area_code"].to_numpy()
    for part in parts:
        filled.update(part)
    filled["faults"] = faults.reindex(filled.index).fillna(0).astype(float)
    filled = _with_days(filled, facts, shops, Span(as_of, formula.quality_days))
    filled = _with_duty(filled, facts, Span(as_of, formula.absence_days), formula)
    return Inputs(filled.reset_index(), alert_shops(alerts, as_of))


def status_of(state: pd.Series, outcome: pd.Series, gone: pd.Series) -> pd.Series:
    """open, confirmed, refuted or dismissed.

    What a check found holds from its disposition until it is returned. An alert that nobody confirmed is
    dismissed when it could not be verified, was closed, or when a correction took its condition away.
    """
    checked = state.isin(("disposed", "closed"))
    cases = [
        checked & (outcome == "confirmed"),
        checked & (outcome == "false_alarm"),
        checked & (outcome == "unverifiable"),
        (state == "closed") | gone.fillna(False).astype(bool),
    ]
    told = np.select(
        [one.to_numpy(bool) for one in cases], ["confirmed", "refuted", "dismissed", "dismissed"], "open"
    )
    return pd.Series(told, index=state.index, dtype=object)


def alert_shops(alerts: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """ALERT_COLUMNS: one row per alert and shop it names. Its age counts from its last behaviour day."""
    named = [sorted(set(json.loads(text))) for text in alerts["pharmacy_ids"]]
    age = [max((as_of - day).days, 0) for day in alerts["last_day"]]
    frame = pd.DataFrame(
        {
            "alert_id": alerts["alert_id"].to_numpy(object),
            "license_no": pd.Series(named, dtype=object),
            "level": alerts["level"].to_numpy(object),
            "status": status_of(alerts["state"], alerts["outcome"], alerts["condition_gone"]).to_numpy(
                object
            ),
            "age_days": np.array(age, dtype=np.int64),
            "named": np.array([len(one) for one in named], dtype=np.int64),
        },
        columns=list(ALERT_COLUMNS),
    )
    return frame.explode("license_no", ignore_index=True).dropna(subset=["license_no"])


def _listed(facts: Facts) -> pd.DataFrame:
    """license_no, kind, area_code and valid_from of the shops that are not closed."""
    shops = facts.pharmacies.filter(facts.pharmacies.status.fill_null("active") != "closed")
    told = shops.select("pharmacy_id", "kind", "area_code", "valid_from").to_pandas()
    frame: pd.DataFrame = told.rename(columns={"pharmacy_id": "license_no"})
    frame = frame.sort_values("license_no", ignore_index=True)
    for name in ("kind", "area_code"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame


def _inside(table: ir.Table, moment: str, span: Span) -> ir.Table:
    return table.filter(table[moment] >= span.start, table[moment] < span.end)


def _by_shop(table: ir.Expr) -> pd.DataFrame:
    frame = table.to_pandas().rename(columns={"pharmacy_id": "license_no"}).set_index("license_no")
    told: pd.DataFrame = frame.astype(float)
    return told


def _last_sold(facts: Facts, as_of: date) -> pd.DataFrame:
    """silent_days: days since the last one with a sale, for now without what notices excuse."""
    before = facts.sales.filter(facts.sales.sold_at < Span(as_of, 1).end)
    last = before.group_by("pharmacy_id").agg(day=before.sold_at.max()).to_pandas()
    silent = [(as_of - day.date()).days for day in last["day"]]
    return pd.DataFrame({"silent_days": np.array(silent, dtype=float)}, index=pd.Index(last["pharmacy_id"]))


def _sold(facts: Facts, span: Span) -> pd.DataFrame:
    lines = _inside(facts.sales, "sold_at", span)
    lines = lines.filter(lines.quantity > 0)
    return _by_shop(lines.group_by("pharmacy_id").agg(lines=lines.count()))


def _special(facts: Facts, span: Span) -> pd.DataFrame:
    """Lines of special drugs; of each the buyer is to be registered."""
    lines = _inside(facts.sales_of(*SPECIAL_CATEGORIES), "sold_at", span)
    lines = lines.filter(lines.quantity > 0)
    found = lines.group_by("pharmacy_id").agg(special_lines=lines.count(), told=lines.buyer_key.count())
    frame = _by_shop(found)
    return frame.assign(
        registrable=frame["special_lines"], unregistered=frame["special_lines"] - frame["told"]
    )


def _late(facts: Facts, span: Span, formula: Formula) -> pd.DataFrame:
    lines = _inside(facts.sales, "sold_at", span)
    delay = lines.arrived_at.epoch_seconds() - lines.sold_at.epoch_seconds()
    late = (delay > formula.late_hours * HOUR_S).fill_null(False)
    found = lines.group_by("pharmacy_id").agg(dated_lines=lines.arrived_at.count(), late_lines=late.sum())
    return _by_shop(found)


def _inspected(facts: Facts, span: Span) -> pd.DataFrame:
    """Inspections of the span by what they came to."""
    lines = _inside(facts.inspections, "inspected_at", span)
    names = ("passed", "corrected", "ordered", "filed")
    counts = {name: (lines.outcome == name).sum() for name in names}
    return _by_shop(lines.group_by("pharmacy_id").agg(**counts))


def _off(facts: Facts, span: Span) -> ir.Table:
    """(pharmacy_id, day) on which no sale is due: under a notice, or closed throughout by its hours."""
    under = noticed(facts, *EXCUSES).select("pharmacy_id", "day")
    shut = facts.openings.filter(facts.openings.open_from.isnull()).select("pharmacy_id", "day")
    parts = [one.filter(one.day >= span.since, one.day <= span.until) for one in (under, shut)]
    return ibis.union(*parts, distinct=True)


def _days(facts: Facts, span: Span) -> list[pd.DataFrame]:
    """Counted where the lines are: days off and days seen since the licence began, and days off since the
    last sale, which are no days of silence."""
    shops, off = facts.pharmacies, _off(facts, span)
    began = shops.select("pharmacy_id", "valid_from")
    due_off = off.join(began, "pharmacy_id")
    due_off = due_off.filter(due_off.day >= due_off.valid_from)
    lines = _inside(facts.sales, "sold_at", span)
    seen = (
        lines.select("pharmacy_id", day=lines.sold_at.date())
        .distinct()
        .anti_join(off, ["pharmacy_id", "day"])
    )
    seen = seen.join(began, "pharmacy_id")
    seen = seen.filter(seen.day >= seen.valid_from)
    before = facts.sales.filter(facts.sales.sold_at < span.end)
    last = before.group_by("pharmacy_id").agg(last=before.sold_at.max().date())
    spared = off.join(last, "pharmacy_id")
    spared = spared.filter(spared.day > spared.last)
    counted = {"off": due_off, "seen": seen, "spared": spared}
    return [_by_shop(one.group_by("pharmacy_id").agg(**{name: one.count()})) for name, one in counted.items()]


def _with_days(filled: pd.DataFrame, facts: Facts, shops: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Days due and missing; a day before the licence began is not due. Excused days are not silent ones."""
    began = pd.to_datetime(shops["valid_from"]).to_numpy("datetime64[D]")
    first = np.maximum(began, np.datetime64(span.since, "D"))
    whole = np.maximum((np.datetime64(span.until, "D") - first).astype(np.int64) + 1, 0)
    off, seen, spared = (
        one.iloc[:, 0].reindex(filled.index).fillna(0).to_numpy(float) for one in _days(facts, span)
    )
    due = whole - off
    return filled.assign(days_due=due, days_missing=due - seen, silent_days=filled["silent_days"] - spared)


def _with_duty(filled: pd.DataFrame, facts: Facts, span: Span, formula: Formula) -> pd.DataFrame:
    """sends_duty, open_hours and absent_hours; openings are asked only of shops that send their shifts."""
    shifts = _shifts(facts, span, formula)
    sends = filled.index.isin(shifts["license_no"].unique())
    filled = filled.assign(sends_duty=sends)
    if not sends.any():
        return filled
    duty = facts.duty.filter(facts.duty.duty_from < span.end).select("pharmacy_id").distinct()
    spans = facts.openings.filter(facts.openings.open_from.notnull()).semi_join(duty, "pharmacy_id")
    spans = spans.filter(spans.open_until > span.start, spans.open_from < span.end)
    told = spans.select("pharmacy_id", since="open_from", until="open_until").to_pandas()
    hours = absent_hours(_seconds(told, span), shifts).set_index("license_no")
    hours = hours.reindex(filled.index).where(pd.Series(sends, filled.index))
    return filled.assign(open_hours=hours["open_hours"], absent_hours=hours["absent_hours"])


def duty_hours(facts: Facts, until: date, days: int, formula: Formula) -> pd.DataFrame:
    """open_hours and absent_hours by license_no, of the shops that send the shifts of their pharmacists."""
    shops = _listed(facts).set_index("license_no")[[]]
    told = _with_duty(shops, facts, Span(until, days), formula)
    return told[["open_hours", "absent_hours"]].dropna() if "open_hours" in told else told.iloc[:0]


def _shifts(facts: Facts, span: Span, formula: Formula) -> pd.DataFrame:
    """Shifts that touch the span. One without an end lasts until its day is full: somebody forgot."""
    longest = timedelta(hours=formula.longest_shift_hours)
    duty = facts.duty.filter(facts.duty.duty_from < span.end, facts.duty.duty_from >= span.start - longest)
    told = duty.select("pharmacy_id", since="duty_from", until="duty_until").to_pandas()
    most = told["since"] + longest
    return _seconds(told.assign(until=told["until"].fillna(most).clip(upper=most)), span)


def _seconds(told: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Spans within the span, as whole seconds; those that are empty left out."""
    ends: dict[str, Any] = {"license_no": told["pharmacy_id"].to_numpy(object)}
    for name in ("since", "until"):
        moments = pd.to_datetime(told[name]).to_numpy("datetime64[s]")
        inside = np.clip(moments, np.datetime64(span.start, "s"), np.datetime64(span.end, "s"))
        ends[f"{name}_s"] = (inside - np.datetime64(_EPOCH, "s")).astype(np.int64)
    frame = pd.DataFrame(ends)
    return frame[frame["until_s"] > frame["since_s"]].reset_index(drop=True)
