"""Facts of several feeds held to one another, and findings of shops and of persons made from their lines.

A prescription is found by its number and its drug: shops number papers of their own, and a number alone
may meet a stranger's. What no line of the other feed answers is unknown, and never a zero.
"""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from geo.distance import MEAN_EARTH_RADIUS_M
from yaotong.codes import Level
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS
from yaotong.rules.shapes import DAY_S, latest, located, number_of, packs_of

NOTHING = 1e-6  # packs: less than any part of one that is sold


def prescribed(facts: Facts, sales: ir.Table, *, since: datetime | None = None) -> ir.Table:
    """Sales lines whose prescription the prescription feed holds for the same drug.

    With `since`, of lines whose prescription is that of a line since then.
    Adds issued_at, prescribed (packs), treated_days, issuer_key, patient_key and rx_line_id.
    """
    papers = facts.prescriptions
    if since is not None:
        papers = facts.sharing("prescriptions", "prescription_no", since)
    known = papers.select(
        "prescription_no",
        "drug_code",
        "issued_at",
        "patient_key",
        prescribed="quantity",
        treated_days="days",
        issuer_key="prescriber_key",
        rx_line_id="line_id",
    )
    return sales.join(known, ["prescription_no", "drug_code"])


def dispensed(facts: Facts, sales: ir.Table, *, since: datetime | None = None) -> ir.Table:
    """Prescribed lines sold on the day their prescription was issued, or later.

    What was sold before is R-M13's: else a day would be judged by papers of days to come.
    """
    lines = prescribed(facts, sales, since=since)
    return lines.filter(lines.issued_at.date() <= lines.sold_at.date())


def numbering(facts: Facts, lines: ir.Table, window: Window, known_days: int) -> ir.Table:
    """Shops and days of `lines` whose shop sent a prescription's number that day or not long before."""
    return sending(facts, lines, window, known_days, "prescription_no")


def sending(facts: Facts, lines: ir.Table, window: Window, known_days: int, column: str) -> ir.Table:
    """Shops and days of `lines` whose shop filled a column of its sales that day or not long before.

    One that never filled any lacks the column: what it would have told of its packs is unknown.
    """
    sales = facts.sales
    sent = sales.filter(
        sales[column].notnull(),
        sales.sold_at >= window.widened(known_days).start,
        sales.sold_at < window.end,
    )
    filled = sent.select("pharmacy_id", filled_on=sent.sold_at.date()).distinct()
    days = lines.select("pharmacy_id", "day").distinct().join(filled, "pharmacy_id")
    apart = number_of(days.day) - number_of(days.filled_on)
    return days.filter(apart >= 0, apart <= known_days).select("pharmacy_id", "day").distinct()


def unreturned(rows: ir.Table, *by: str) -> ir.Table:
    """Rows of the groups of which, returns netted, something stayed sold."""
    packs = rows.group_by(*by).agg(net_packs=packs_of(rows.quantity))
    return rows.join(packs.filter(packs.net_packs > 0), list(by))


def standing(settlements: ir.Table) -> ir.Table:
    """Settlements that were not withdrawn on the day they were made, of known persons."""
    days = settlements.mutate(day=settlements.settled_at.date())
    kept = unreturned(days.filter(days.person_key.notnull()), "person_key", "pharmacy_id", "drug_code", "day")
    return kept.filter(kept.quantity > 0)


def seconds_between(earlier: ir.TimestampValue, later: ir.TimestampValue) -> ir.IntegerValue:
    """Seconds from one moment to another."""
    return later.epoch_seconds() - earlier.epoch_seconds()


def km_between(lon1: ir.Value, lat1: ir.Value, lon2: ir.Value, lat2: ir.Value) -> ir.FloatingValue:
    """Kilometres over the ground between positions in degrees (WGS-84), to the metre; NULL without one.

    The great circle of geo.distance.haversine_m: no more than 0.6 % off.
    """
    half_lat, half_lon = (lat2 - lat1).radians() / 2, (lon2 - lon1).radians() / 2
    square = half_lat.sin() ** 2 + lat1.radians().cos() * lat2.radians().cos() * half_lon.sin() ** 2
    square = (square > 1.0).ifelse(1.0, square)  # ibis.least would make 1.0 of NULL: half around the Earth
    return (2 * MEAN_EARTH_RADIUS_M / 1000 * square.sqrt().asin()).round(3)


def day_after(moment: ir.TimestampValue, days: int) -> ir.DateValue:
    """The day some days after a moment's: when what is still missing has had its time to come."""
    return (moment.epoch_seconds() + days * DAY_S).as_timestamp("s").date()


def shop_findings(facts: Facts, rows: ir.Table, *, clause: str, measure: str = "sum") -> ir.Table:
    """One finding for each shop and day of evidence rows.

    `rows`: pharmacy_id, day, at (timestamp), measure, threshold, level and line_id; `measure` says
    whether the rows' measures are added ("sum") or the greatest is told ("max").
    """
    found = rows.group_by(subject=rows.pharmacy_id, behaviour_day=rows.day).agg(**_of_rows(rows, measure))
    return _at_shops(facts, found.mutate(clause=ibis.literal(clause)))


def clause_findings(facts: Facts, rows: ir.Table, *, measure: str = "sum") -> ir.Table:
    """As shop_findings, for rows that each tell their `clause`: they are then worked out only once."""
    keys = {"subject": rows.pharmacy_id, "behaviour_day": rows.day, "clause": rows.clause}
    return _at_shops(facts, rows.group_by(**keys).agg(**_of_rows(rows, measure)))


def _of_rows(rows: ir.Table, measure: str) -> dict[str, ir.Scalar]:
    told = packs_of(rows.measure) if measure == "sum" else rows.measure.max()
    return {
        "behaviour_from": rows["at"].min(),
        "behaviour_until": rows["at"].max(),
        "measure": told.cast("float64"),
        "threshold": rows.threshold.min().cast("float64"),
        "level": rows.level.argmin(_rank(rows.level)),
        "line_ids": rows.line_id.collect(),
    }


def _at_shops(facts: Facts, found: ir.Table) -> ir.Table:
    shops = located(facts)
    placed = found.left_join(shops, found.subject == shops.pharmacy_id)
    return placed.mutate(pharmacy_ids=ibis.array([placed.subject])).select(*FINDING_COLUMNS)


def subject_findings(facts: Facts, rows: ir.Table, *, clause: str, level: Level) -> ir.Table:
    """One finding for each subject and day of evidence rows, the greatest measure told.

    `rows`: subject, day, pharmacy_id, at (timestamp), measure, threshold and line_id. It is drawn where
    the last of its lines lies.
    """
    rows = rows.left_join(located(facts), "pharmacy_id")
    found = rows.group_by("subject", behaviour_day=rows.day).agg(
        behaviour_from=rows["at"].min(),
        behaviour_until=rows["at"].max(),
        measure=rows.measure.max().cast("float64"),
        threshold=rows.threshold.argmax(rows.measure).cast("float64"),
        pharmacy_ids=rows.pharmacy_id.collect(),
        area_code=rows.area_code.argmax(latest(rows["at"], rows.line_id)),
        line_ids=rows.line_id.collect(),
    )
    return found.mutate(clause=ibis.literal(clause), level=ibis.literal(str(level))).select(*FINDING_COLUMNS)


def _rank(level: ir.StringValue) -> ir.IntegerValue:
    return ibis.cases(*((level == str(one), one.rank) for one in Level), else_=len(Level))
