"""Judging: every column of a frame checked by its kind, in order, into typed values and problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.crs import Crs
from yaotong.errors import FileRefused
from yaotong.intake.checks import choices, drug_codes, firm_codes, identifiers, moments, numbers, text
from yaotong.intake.checks.distinct import Bools, Checked, Distinct, Flaw, distinct, mask_of, nothing
from yaotong.intake.checks.outlines import Shapes, read_outlines
from yaotong.intake.checks.places import Floats, read_places
from yaotong.intake.core.choosing import INPUT_ONLY, Choice, relaxed
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.problems import Fault, Problems
from yaotong.intake.core.reference import Reference
from yaotong.intake.core.rejects import masks_left
from yaotong.intake.core.source import GEOMETRY, Columns, Source
from yaotong.records import DUTY, Column, Kind

_BY_NAME: Mapping[str, Callable[[Any], Checked]] = {
    "opening_hours": choices.read_hours,
    "crs": choices.read_crs,
    "services": text.read_services,
    "drug_code": drug_codes.read_drug_codes,
    "trace_code": drug_codes.read_trace_codes,
    "product_code": drug_codes.read_product_codes,
}


@dataclass(frozen=True, slots=True)
class Context:
    """What checks may know beyond the column itself."""

    reference: Reference
    limits: Limits
    now: datetime


@dataclass(slots=True)
class Judged:
    """Typed columns of all rows, what they say of people and places, and every problem."""

    problems: Problems
    texts: dict[str, Distinct] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    people: dict[str, identifiers.People] = field(default_factory=dict)
    lon: Floats | None = None
    lat: Floats | None = None
    shapes: Shapes | None = None
    notes: tuple[str, ...] = ()


def judge(columns: Columns, source: Source, choice: Choice, context: Context) -> Judged:
    """Check every column in canonical names; FileRefused unsupported_crs for naked outlines."""
    judged = Judged(Problems(columns.rows))
    if source.resent:
        for name, fault in masks_left(columns, choice):
            judged.problems.add(name, fault)
    for column in choice.feed.columns:
        if column.kind is not Kind.GEOMETRY:
            _judge_column(column, columns, choice, context, judged)
        if column.name == "crs":
            _judge_places(judged, context)
    if choice.feed.name == "areas":
        _judge_outlines(columns, source, judged, context)
    for name in judged.people:
        _judge_births(judged, name, choice.feed.moment)
    if choice.feed is DUTY:
        _judge_shifts(judged)
    return judged


def _judge_column(column: Column, columns: Columns, choice: Choice, context: Context, judged: Judged) -> None:
    name = column.name
    texts = _distinct(columns, name)
    if column.required and name not in relaxed(choice):
        judged.problems.add(name, Fault("missing_value", texts.missing, "必填，不能为空。"))
    checked = _read(column, texts, choice, context, judged)
    flaws = (*text.text_flaws(texts, context.limits.field_chars), *checked.flaws)
    if column.kind is Kind.IDENTIFIER:
        flaws = (*identifiers.lost_digits(texts.values), *flaws)
        if not choice.feed.moment:
            flaws = (identifiers.strayed(checked.typed), *flaws)
    known = context.reference.known(choice.feed.name, name)
    if known is not None:
        flaws = (*flaws, _unknown(checked.typed, *known))
    for flaw in flaws:
        if flaw.values.any():
            judged.problems.add(name, Fault(flaw.reason, texts.in_rows(flaw.values), flaw.message))
    judged.texts[name], judged.typed[name] = texts, checked.typed


def _distinct(columns: Columns, name: str) -> Distinct:
    return distinct(columns.texts[name]) if name in columns.texts else nothing(columns.rows)


def _read(column: Column, texts: Distinct, choice: Choice, context: Context, judged: Judged) -> Checked:
    values = texts.values
    if column.identity:
        checked, judged.people[column.name] = identifiers.read_identity(values, context.now)
        return checked
    if column.personal:
        return identifiers.read_personal(values)
    plain = values if column.kind is Kind.TEXT or texts.plain else text.plain_form(values)
    if column.kind is Kind.NUMBER or column.kind is Kind.INTEGER:
        bounds = (column.low, column.high)
        if choice.profile is not None:
            bounds = choice.profile.bounds.get(column.name, bounds)
        return numbers.read_numbers(plain, bounds, whole=column.kind is Kind.INTEGER)
    return _reader(column, choice, context)(plain)


def _reader(column: Column, choice: Choice, context: Context) -> Callable[[Any], Checked]:
    if column.name == "uscc" or column.name.endswith("_uscc"):
        return firm_codes.read_credit_codes
    if column.name in _BY_NAME:
        return _BY_NAME[column.name]
    past = column.name in (choice.feed.moment, "recorded_at")
    readers: dict[Kind, Callable[[Any], Checked]] = {
        Kind.DATE: moments.read_dates,
        Kind.MOMENT: lambda values: moments.read_moments(values, context.now, past=past),
        Kind.FLAG: choices.read_flags,
        Kind.CHOICE: lambda values: choices.read_choices(values, column.choices),
        Kind.CATEGORIES: choices.read_categories,
    }
    return readers.get(column.kind, text.read_text)


def _unknown(typed: Any, keys: frozenset[str], reason: str) -> Flaw:
    known = mask_of(pc.is_in(typed, pa.array(sorted(keys), pa.string())))
    return Flaw(reason, ~known & mask_of(pc.is_valid(typed)), "{value} 不在名录里，请先送名录或核对代码。")


def _floats(judged: Judged, name: str) -> Floats:
    spread = judged.texts[name].spread(judged.typed[name])
    answer: Floats = pc.fill_null(spread, float("nan")).to_numpy(zero_copy_only=False)
    return answer


def _texts(judged: Judged, name: str) -> Any:
    return np.array(judged.texts[name].spread(judged.typed[name]).to_pylist(), dtype=object)


def _judge_places(judged: Judged, context: Context) -> None:
    placed = read_places(
        _floats(judged, "lon"), _floats(judged, "lat"), _texts(judged, "crs"), context.reference.region
    )
    for fault in placed.faults:
        judged.problems.add("lon", fault)
    judged.lon, judged.lat = placed.lon, placed.lat


def _judge_outlines(columns: Columns, source: Source, judged: Judged, context: Context) -> None:
    for name in INPUT_ONLY["areas"]:
        texts = _distinct(columns, name)
        checked = choices.read_crs(text.plain_form(texts.values))
        for flaw in checked.flaws:
            judged.problems.add(name, Fault(flaw.reason, texts.in_rows(flaw.values), flaw.message))
        judged.texts[name], judged.typed[name] = texts, checked.typed
    crs = _texts(judged, "crs") if columns.rows else np.array([], dtype=object)
    crs[judged.texts["crs"].missing] = _declared(source, bool(judged.texts["crs"].missing.any()))
    codes = [one or "" for one in _texts(judged, "area_code").tolist()]
    outlined = read_outlines(columns.shapes or [], crs, codes)
    for fault in outlined.faults:
        judged.problems.add(GEOMETRY, fault)
    judged.shapes, judged.notes = outlined.shapes, outlined.notes


def _declared(source: Source, needed: bool) -> str | None:
    """The file's own system; WGS-84 where the format's standard says so; refused where nothing does."""
    if not needed:
        return None
    if source.crs is None and not source.geo:
        raise FileRefused(
            "unsupported_crs", "边界没有写明坐标系。请加一列 crs：wgs84、cgcs2000、gcj02 或 bd09。"
        )
    try:
        return str(Crs.WGS84 if source.crs is None else Crs.parse(source.crs))
    except ValueError:
        raise FileRefused(
            "unsupported_crs", f"不支持文件声明的坐标系。请用 {'、'.join(Crs)} 之一。"
        ) from None


def _judge_births(judged: Judged, name: str, moment: str) -> None:
    """Nobody buys, or is prescribed to, before being born."""
    born = judged.texts[name].spread(judged.people[name].born)
    unborn: Bools = mask_of(pc.greater(born, _moments(judged, moment)))
    judged.problems.add(name, Fault("bad_id", unborn, "证件上的出生日期晚于该行的日期。"))


def _judge_shifts(judged: Judged) -> None:
    """A shift ends after it starts, or has not ended."""
    ended: Bools = mask_of(pc.less_equal(_moments(judged, "until"), _moments(judged, "from")))
    judged.problems.add("until", Fault("out_of_range", ended, "{value} 不晚于上岗时间，请核对。"))


def _moments(judged: Judged, name: str) -> Any:
    return judged.texts[name].spread(judged.typed[name])
