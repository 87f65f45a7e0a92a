"""Try a version of a rule on cases written like those of its page, by somebody who writes no code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TypeVar

from yaotong.errors import UsageError, YaotongError
from yaotong.rules.cases import CaseResult, facts_of, run_case
from yaotong.rules.keys import key_of
from yaotong.rules.model import Rule
from yaotong.rules.page import Case, case_texts, cases_of

_T = TypeVar("_T")
MAX_CASES = 40
MAX_CHARS = 40_000


@dataclass(frozen=True, slots=True)
class _Job:
    """One case to run; what it comes to is in its key: the rule's code and values, and the case's text."""

    key: str
    rule: Rule = field(compare=False)
    case: Case = field(compare=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """How the cases of a version went."""

    results: tuple[CaseResult, ...]

    @property
    def fires(self) -> int:
        """Cases that must find something and do."""
        return sum(one.fires and one.passed for one in self.results)

    @property
    def stays(self) -> int:
        """Cases that must find nothing and do not."""
        return sum(not one.fires and one.passed for one in self.results)

    @property
    def wrong(self) -> tuple[CaseResult, ...]:
        """Cases that are not as they say."""
        return tuple(one for one in self.results if not one.passed)


def trial(rule: Rule, text: str) -> Trial:
    """Run the cases of a text; UsageError says what in it cannot be read."""
    key = key_of(replace(rule, version=0), rule.values())
    cases = _parsed(rule, text)
    common, parts = case_texts(text)
    jobs = (
        _Job(f"{key}\n{common}\n{part.text}", rule, case) for part, case in zip(parts, cases, strict=True)
    )
    return Trial(tuple(_read(job.case, partial(_of_job, job)) for job in jobs))


def readable(rule: Rule, text: str) -> None:
    """UsageError says what in a text of cases cannot be read; none of them is run."""
    for case in _parsed(rule, text):
        _read(case, facts_of)


def _parsed(rule: Rule, text: str) -> tuple[Case, ...]:
    if len(text) > MAX_CHARS:
        raise UsageError(f"案例最多 {MAX_CHARS} 字，现在 {len(text)} 字。")
    try:
        cases = cases_of(text, rule.rule_id)
    except (YaotongError, ValueError, IndexError) as error:
        raise UsageError(f"案例读不懂：{error}") from error
    if len(cases) > MAX_CASES:
        raise UsageError(f"案例最多 {MAX_CASES} 个，现在 {len(cases)} 个。")
    return cases


def lacking(done: Trial) -> str:
    """Why a version may not go on after its trial; "" when it may."""
    if done.wrong:
        return f"{len(done.wrong)} 个案例与这组数值不符：{'、'.join(one.title for one in done.wrong)}。"
    if not done.fires:
        return "空条件：没有一个案例能让这组数值触发。请写一个触发的案例。"
    if not done.stays:
        return "没有一个案例是这组数值不触发的。请写一个不触发的案例。"
    return ""


def holding(rule: Rule, text: str) -> str:
    """A text of cases without those that are not as they say under these values."""
    passed = {one.title for one in trial(rule, text).results if one.passed}
    common, parts = case_texts(text)
    return "\n\n".join([common, *(one.text.strip() for one in parts if one.title in passed)]).strip() + "\n"


@lru_cache(maxsize=400)
def _result(job: _Job) -> CaseResult:
    """A draft is tried again and again while it is written, with most of its cases unchanged."""
    return run_case(job.rule, job.case)


def _of_job(job: _Job, _case: Case) -> CaseResult:
    return _result(job)


def _read(case: Case, read: Callable[[Case], _T]) -> _T:
    try:
        return read(case)
    except (KeyError, ValueError) as error:
        what = f"缺少“{error.args[0]}”一列" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"案例“{case.title}”读不懂：{what}") from error
