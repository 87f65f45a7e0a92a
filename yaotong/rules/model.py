"""What a rule is: one expression over the facts, and everything a person must know to trust it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.errors import ConfigError
from yaotong.facts import Apart, Facts, Window

# Columns of the table a rule returns, one row per (subject, behaviour day, clause).
FINDING_COLUMNS: Mapping[str, str] = {
    "subject": "string",  # pharmacy_id, buyer_key, trace_code, "drug_code:batch_no", area_code, ...
    "behaviour_day": "date",  # the Beijing day the behaviour was completed
    "behaviour_from": "timestamp",
    "behaviour_until": "timestamp",
    "clause": "string",  # which limb of the rule fired: a key of Rule.clauses
    "measure": "float64",
    "threshold": "float64",
    "level": "string",
    "pharmacy_ids": "array<string>",
    "area_code": "string",  # where it is drawn; NULL when it has no one place
    "line_ids": "array<string>",  # evidence: facts.sales.line_id, [] when the evidence is an absence
}
# Numbers that a finding carries beside its measure, as one JSON object; a rule without any leaves it out.
FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A tunable or statutory value with its unit and bounds. Statutory values cannot be tuned."""

    name: str
    default: float
    unit: str
    low: float
    high: float
    meaning_zh: str
    statutory: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.default <= self.high:
            raise ValueError(f"{self.name}: default {self.default} lies outside {self.low}..{self.high}")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense: its bounds are whole, and it is no multiple of something."""
        return isinstance(self.low, int) and isinstance(self.high, int) and not self.unit.startswith("倍")


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis and the days it is in force; `verify` marks one not read in its official text."""

    title_zh: str
    article: str = ""
    since: date | None = None
    until: date | None = None
    verify: bool = False


@dataclass(frozen=True, slots=True)
class Adds:
    """How a measure is a plain sum or count of evidence lines, so that a person can do it on paper.

    `what`: packs (returns taken off), lines, sales (lines that are no returns), shops (that kept something
    sold), persons, mg (of the active substance) or yuan. `each` names columns: their groups are added up
    apart and the greatest is told. `within` narrows a group to the span that ends with one of its lines:
    seconds, or the name of a parameter in minutes; 0 takes all.
    """

    what: Literal["packs", "lines", "sales", "shops", "persons", "mg", "yuan"]
    each: tuple[str, ...] = ()
    within: int | str = 0


@dataclass(frozen=True, slots=True)
class Clause:
    """One limb of a rule; `sentence_zh`/`sentence_en` may use {measure}, {threshold}, {shops}, {lines}.

    `adds` tells how the measure comes from the evidence lines; None where it is no plain sum or count.
    `awaits` names a register without any row of which the limb judges nothing: it waits, and that is said.
    """

    sentence_zh: str
    sentence_en: str
    unit: str
    adds: Adds | None = None
    awaits: str = ""


@dataclass(frozen=True, slots=True)
class Assist:
    """A department told beside the lead, when the alert is at least this grave (or this large)."""

    department: str
    at_least: Level = Level.BLUE
    min_measure: float | None = None

    def wanted(self, level_rank: int, measure: float) -> bool:
        """Whether an alert of this gravity (0 red to 3 blue) and measure is to be told."""
        return level_rank <= self.at_least.rank and (self.min_measure is None or measure >= self.min_measure)


Values = Mapping[str, float]
Find = Callable[[Facts, Window, Values], ir.Table]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the book. `find` is pure: facts and a window in, findings out, no clock.

    `lookback_days` is how far before the window the expression reads. `cooldown_days` is the length of the
    periods in each of which the findings of one subject are one alert. `apart` names what the rule judges
    one by one: a finding then rests on that pharmacy's, person's or pack's lines alone, and none appears
    by the mere passing of time.
    """

    rule_id: str
    name_zh: str
    name_en: str
    kind: Literal["statutory", "model"]
    level: Level
    subject_kind: SubjectKind
    lookback_days: int
    cooldown_days: int
    feeds: tuple[str, ...]
    clauses: Mapping[str, Clause]
    parameters: tuple[Parameter, ...]
    basis: tuple[Basis, ...]
    find: Find
    assists: tuple[Assist, ...] = ()
    version: int = 1
    apart: Apart = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"R-[A-Z]\d{2}", self.rule_id):
            raise ValueError(f"{self.rule_id!r} is not a rule id such as R-M01")
        if self.cooldown_days < 1 or self.lookback_days < 0:
            raise ValueError(f"{self.rule_id}: cooldown_days must be 1 or more and lookback_days 0 or more")
        if not self.clauses:
            raise ValueError(f"{self.rule_id} has no clause to explain a finding with")

    def values(self, tuned: Values | None = None) -> dict[str, float]:
        """The parameters' values: defaults, with tuned ones in their bounds; statutory ones stay."""
        chosen = {one.name: one.default for one in self.parameters}
        for name, value in (tuned or {}).items():
            known = next((one for one in self.parameters if one.name == name), None)
            if known is None:
                raise ValueError(f"{self.rule_id} has no parameter {name!r}; it has {sorted(chosen)}")
            if known.statutory:
                raise ValueError(f"{self.rule_id}: {name} is set by law and cannot be tuned")
            if not known.low <= value <= known.high:
                raise ValueError(f"{self.rule_id}: {name} must lie in {known.low}..{known.high} {known.unit}")
            chosen[name] = value
        return chosen

    def at(self, number: int, tuned: Values) -> Rule:
        """The rule as version `number` has it: its parameters' defaults are the tuned values.

        ConfigError when the code no longer takes these values.
        """
        try:
            chosen = self.values(tuned)
        except ValueError as error:
            raise ConfigError(f"规则 {self.rule_id} 第 {number} 版的数值不再适用：{error}。") from error
        parameters = tuple(replace(one, default=chosen[one.name]) for one in self.parameters)
        return replace(self, version=number, parameters=parameters)
