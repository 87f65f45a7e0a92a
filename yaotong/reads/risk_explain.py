"""A score taken apart: every component with its weight, its arithmetic and the rows it rests on.

The points of the rows of a component add up to it, and the components to the score, to the same digits.
Alerts dispatched to the viewer's department are told by name; those of others by level and number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from yaotong.reads.alerts import shown_fields
from yaotong.reads.risk import Whole, read_whole, shop_in_sight
from yaotong.reads.sources import quality
from yaotong.risk import COMPONENTS, Formula, Grade, Scored
from yaotong.risk.components import INSPECTED, backfilled
from yaotong.risk.overrides import Override, in_force
from yaotong.risk.points import rounded
from yaotong.risk.shrinking import EVERYBODY, Prior
from yaotong.rules.book import book
from yaotong.store import open_alerts, risk
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

HISTORY_MONTHS = 6


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row of a component: its points (None: not known) and all that they are reckoned from.

    `kind` says how: base, alert, others, inspection, share, days, faults, passed.
    """

    kind: str
    points: float | None
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One component: points (None with a `reason`: unknown), the most it can give, and its rows.

    Its points are those of its rows, up to `most`; of credit, nothing where the reason says so.
    """

    name: str
    points: float | None
    most: float | None
    reason: str
    rows: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A shop's score as it was reckoned (`score` None when the data do not suffice), and the class that
    counts: `grade` of the override where one is in force."""

    license_no: str
    name: str
    area_code: str | None
    as_of: date | None
    data_version: int
    formula: Formula
    score: float | None
    least: float
    high: float
    computed_grade: str
    grade: str
    held: bool
    insufficient: str
    parts: tuple[Part, ...]
    override: Override | None
    overrides: tuple[Override, ...]

    @property
    def checks_months(self) -> int | None:
        """Months between two inspections; None for a shop without a class."""
        return self.formula.checks_months[Grade(self.grade)] if self.grade else None

    @property
    def given_score(self) -> float | None:
        """The score that counts."""
        given = self.override.score if self.override is not None else None
        return self.score if given is None else given


def explain_score(
    ws: Workspace,
    viewer: Viewer,
    license_no: str,
    *,
    today: date,
    as_of: date | None = None,
    version: int | None = None,
) -> Explained:
    """A shop's score with every row behind it; NotFound when the shop is not in the viewer's area."""
    whole = read_whole(ws, as_of=as_of, version=version)
    shop_in_sight(whole, viewer, license_no)
    with ws.store.read() as connection:
        made = risk.overrides(connection, license_no)
        told = open_alerts.parts_of(connection, viewer.department)
    row = _row_of(whole.scored.shops, license_no)
    override = in_force(made, as_of or today).get(license_no)
    computed = str(row["grade"])
    return Explained(
        license_no=license_no,
        name=str(_row_of(whole.names, license_no)["name"]),
        area_code=None if pd.isna(row["area_code"]) else str(row["area_code"]),
        as_of=whole.as_of,
        data_version=whole.data_version,
        formula=whole.scored.formula,
        score=_known(row["score"]),
        least=float(row["least"]),
        high=float(row["high"]),
        computed_grade=computed,
        grade=computed if override is None else str(override.grade_under(whole.scored.formula)),
        held=bool(row["held"]),
        insufficient=str(row["insufficient"]),
        parts=_parts(ws, viewer, whole, row, _named_alerts(whole, viewer, license_no, told)),
        override=override,
        overrides=tuple(made),
    )


def score_history(
    ws: Workspace, license_no: str, *, version: int | None = None
) -> tuple[tuple[date, float | None], ...]:
    """The score at the ends of the last months and on the last day of data, by what is known now.

    None where the data of the time do not suffice.
    """
    last = read_whole(ws, version=version).as_of
    if last is None:
        return ()
    days = [last]
    while len(days) <= HISTORY_MONTHS:
        days.append(days[-1].replace(day=1) - timedelta(days=1))
    found = []
    for day in reversed(days):
        whole = read_whole(ws, as_of=None if day == last else day, version=version)
        found.append((day, _known(_row_of(whole.scored.shops, license_no)["score"])))
    return tuple(found)


def _row_of(frame: pd.DataFrame, license_no: str) -> dict[str, Any]:
    found = frame[frame["license_no"] == license_no]
    return {str(name): value for name, value in found.iloc[0].to_dict().items()}


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _named_alerts(whole: Whole, viewer: Viewer, license_no: str, told: Mapping[str, str]) -> pd.DataFrame:
    """The alert rows of a shop with `is_own`: may the viewer know which alert it is?"""
    rows = whole.scored.alerts
    mine = rows[rows["license_no"] == license_no].merge(
        whole.alerts[["alert_id", "rule_id", "area_code", "last_day"]], on="alert_id"
    )
    own = [
        one.alert_id in told
        and "pharmacy" in shown_fields(viewer.department, told[str(one.alert_id)])
        and viewer.covers(one.area_code if isinstance(one.area_code, str) else None)
        for one in mine.itertuples()
    ]
    return mine.assign(is_own=pd.Series(own, mine.index, dtype=bool))


def _parts(
    ws: Workspace, viewer: Viewer, whole: Whole, row: Mapping[str, Any], alerts: pd.DataFrame
) -> tuple[Part, ...]:
    scored, measured = whole.scored, _row_of(whole.inputs.shops, str(row["license_no"]))
    formula = scored.formula
    quality_rows = _quality(scored, whole, measured)
    rows: dict[str, Sequence[EvidenceRow]] = {
        "base": [EvidenceRow("base", formula.base)],
        "alerts": list(_alerts(alerts, formula, "points")),
        "breaches": [*_alerts(alerts, formula, "breach"), *_inspections(measured, formula)],
        "special": _shares(
            scored,
            measured,
            "special",
            ("special_lines", "lines"),
            (formula.special_full, formula.special_cap),
        ),
        "quality": [*quality_rows, _faults(ws, viewer, measured, formula)],
        "absence": _shares(
            scored,
            measured,
            "absence",
            ("absent_hours", "open_hours"),
            (formula.absence_full, formula.absence_cap),
        ),
        "credit": [_passed(measured, formula)],
    }
    return tuple(_part(name, row, rows[name], formula) for name in COMPONENTS)


def _part(name: str, row: Mapping[str, Any], rows: Sequence[EvidenceRow], formula: Formula) -> Part:
    points, reason = _known(row[name]), str(row[f"{name}_reason"])
    return Part(name, points, formula.caps.get(name), reason, () if points is None else tuple(rows))


def _alerts(alerts: pd.DataFrame, formula: Formula, column: str) -> Iterator[EvidenceRow]:
    """Own alerts one by one, gravest first; then the others by level."""
    weights = formula.level_points if column == "points" else formula.breach_points
    counted = alerts[alerts[column] > 0].sort_values([column, "alert_id"], ascending=[False, True])
    rules = book()
    for one in counted[counted["is_own"]].to_dict("records"):
        rule = rules.get(one["rule_id"])
        told = {
            name: one[name]
            for name in ("alert_id", "rule_id", "level", "status", "last_day", "age_days", "named")
        }
        told |= {
            "rule_zh": rule.name_zh if rule else one["rule_id"],
            "rule_en": rule.name_en if rule else one["rule_id"],
        }
        told |= {"weight": weights[one["level"]], "decays": column == "points"}
        yield EvidenceRow("alert", int(one[column]) / 100, told)
    others = counted[~counted["is_own"]]
    for level in formula.level_points:
        some = others[others["level"] == str(level)]
        if len(some):
            yield EvidenceRow(
                "others", int(some[column].sum()) / 100, {"level": str(level), "alerts": len(some)}
            )


def _inspections(measured: Mapping[str, Any], formula: Formula) -> Iterator[EvidenceRow]:
    for name in INSPECTED:
        count, weight = int(measured[name]), formula.inspection_points[name]
        if count:
            yield EvidenceRow(
                "inspection", count * weight, {"outcome": name, "count": count, "weight": weight}
            )


def _shares(
    scored: Scored,
    measured: Mapping[str, Any],
    measure: str,
    columns: tuple[str, str],
    scale: tuple[float, float],
) -> list[EvidenceRow]:
    """A shrunk share and its points: as many of `cap` as the share is of `full`."""
    part, whole = float(measured[columns[0]]), float(measured[columns[1]])
    prior = _prior_of(scored, measure, measured["kind"])
    if prior is None or not whole > 0:
        return []
    full, cap = scale
    share = float(rounded((part + prior.mean * prior.strength) / (whole + prior.strength)))
    told = {
        "measure": measure, "part": part, "whole": whole, "mean": prior.mean, "strength": prior.strength,
        "kind": prior.kind, "peers": prior.shops, "share": share, "full": full, "cap": cap,
    }  # fmt: skip
    return [EvidenceRow("share", _points(cap * min(share / full, 1)), told)]


def _prior_of(scored: Scored, measure: str, kind: Any) -> Prior | None:
    found = scored.priors.get(measure, {})
    name = EVERYBODY if kind is None or pd.isna(kind) else str(kind)
    return found.get(name, found.get(EVERYBODY))


def _quality(scored: Scored, whole: Whole, measured: Mapping[str, Any]) -> list[EvidenceRow]:
    formula, due, missing = scored.formula, float(measured["days_due"]), float(measured["days_missing"])
    told = {"missing": missing, "due": due, "weight": formula.missing_days_points}
    points = _points(formula.missing_days_points * missing / due) if due else None
    rows = [EvidenceRow("days", points, told)]
    if not backfilled(whole.inputs.shops, formula):
        rows += _shares(scored, measured, "late", ("late_lines", "dated_lines"), (1.0, formula.late_points))
    elif measured["dated_lines"]:
        rows.append(EvidenceRow("backfilled", None))
    pair = ("unregistered", "registrable")
    return [*rows, *_shares(scored, measured, "unregistered", pair, (1.0, formula.unregistered_points))]


def _faults(ws: Workspace, viewer: Viewer, measured: Mapping[str, Any], formula: Formula) -> EvidenceRow:
    count = int(measured["faults"])
    named = (
        [one.kind for one in quality(ws, viewer) if one.license_no == measured["license_no"]] if count else []
    )
    told = {"count": count, "weight": formula.fault_points, "kinds": tuple(named)}
    return EvidenceRow("faults", count * formula.fault_points, told)


def _passed(measured: Mapping[str, Any], formula: Formula) -> EvidenceRow:
    count = int(measured["passed"])
    told = {"count": count, "weight": formula.credit_points}
    return EvidenceRow("passed", count * formula.credit_points, told)


def _points(value: float) -> float:
    """Points as they are told: whole hundredths, halves up."""
    return int(value * 100 + 0.5) / 100
