"""Run one rule and hold its result to the promised columns."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis.expr.types as ir
import pandas as pd

from yaotong.errors import RuleFailed, YaotongError
from yaotong.facts import Facts, Window
from yaotong.rules.model import FIGURES, FINDING_COLUMNS, Rule, Values

_HERE = Path(__file__)
_FOLDER = _HERE.parent
_ORDER = ["subject", "behaviour_day", "clause"]


def run_rule(
    rule: Rule,
    facts: Facts,
    window: Window,
    tuned: Values | None = None,
    *,
    probed: Values | None = None,
) -> pd.DataFrame:
    """The findings of one rule: FINDING_COLUMNS (and FIGURES), one row per (subject, behaviour day, clause).

    Sorted; `behaviour_day` holds dates inside the window; `pharmacy_ids` and `line_ids` hold sorted lists.
    RuleFailed names the rule and what is wrong with its result, or where it failed. `probed` are all
    values, bounds and law aside: for explaining alone.
    """
    with boundary(rule):
        return _run(rule, facts, window, rule.values(tuned) if probed is None else probed)


@contextmanager
def boundary(rule: Rule) -> Iterator[None]:
    """Whatever goes wrong inside a rule is that rule's failure, told without a word of the data.

    Our own errors stay what they are, and so does a fact file or a disk that cannot be read: that is
    no rule's fault.
    """
    try:
        yield
    except (YaotongError, OSError, duckdb.IOException):
        raise
    except Exception as error:
        raise RuleFailed(rule.rule_id, _where(error)) from error


def _where(error: Exception) -> str:
    """The kind of an error and the innermost line of a rule it passed through; messages may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [one for one in frames if Path(one.filename).parent == _FOLDER and Path(one.filename) != _HERE]
    place = f"{Path(inside[-1].filename).name}:{inside[-1].lineno}" if inside else "计算时"
    return f"{type(error).__name__}（{place}）"


def _run(rule: Rule, facts: Facts, window: Window, values: Values) -> pd.DataFrame:
    return _held(rule, question(rule, facts, window, values).to_pandas(), window)


def question(rule: Rule, facts: Facts, window: Window, values: Values) -> ir.Table:
    """What a rule asks of the facts: FINDING_COLUMNS, and FIGURES where it tells them."""
    table = rule.find(facts, window, values)
    missing = [name for name in FINDING_COLUMNS if name not in table.columns]
    if missing:
        raise RuleFailed(rule.rule_id, f"结果缺少列 {'、'.join(missing)}。")
    more = [FIGURES] if FIGURES in table.columns else []
    return table.select(*FINDING_COLUMNS, *more)


def run_asked(rule: Rule, window: Window, answer: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """As run_rule, where somebody else has put the question and has the answer to it."""
    with boundary(rule):
        return _held(rule, answer(), window)


def _held(rule: Rule, frame: pd.DataFrame, window: Window) -> pd.DataFrame:
    frame["behaviour_day"] = pd.to_datetime(frame["behaviour_day"]).dt.date
    for name in ("pharmacy_ids", "line_ids"):
        frame[name] = [sorted(set(one)) if one is not None else [] for one in frame[name]]
    inside = (frame["behaviour_day"] >= window.since) & (frame["behaviour_day"] <= window.until)
    frame = frame.loc[inside.astype(bool)].sort_values(_ORDER, ignore_index=True)
    _check(rule, frame)
    return frame


def explain_sentence(
    rule: Rule, clause: str, measure: float, threshold: float, lang: str = "zh", **extra: object
) -> str:
    """The sentence that tells a person why a finding was made."""
    limb = rule.clauses[clause]
    template = limb.sentence_en if lang.startswith("en") else limb.sentence_zh
    return template.format(measure=_short(measure), threshold=_short(threshold), **extra)


def _short(value: float) -> str:
    """A figure for a sentence: one decimal at the most."""
    return f"{round(value, 1):.1f}".removesuffix(".0")


def _check(rule: Rule, frame: pd.DataFrame) -> None:
    if frame.duplicated(_ORDER).any():
        raise RuleFailed(rule.rule_id, "对同一主体、同一天、同一款给出了两条发现。")
    strange = set(frame["clause"]) - set(rule.clauses)
    if strange:
        raise RuleFailed(rule.rule_id, f"用了没有说明的款 {'、'.join(sorted(strange))}。")
    if frame[["subject", "measure", "threshold", "level"]].isna().any(axis=None):
        raise RuleFailed(rule.rule_id, "结果里有空的主体、数值或级别。")
