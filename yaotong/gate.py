"""The publish gate: which step a version of a rule may take, by whom, and what it must show for it.

Pure. A version is a set of tuned values of a rule: draft → tested → backtested → approved → live → retired.
What a step needs of proof is weighed here again at every step, so that no way leads round it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yaotong.errors import Forbidden, IllegalMove, UsageError
from yaotong.viewer import SYSTEM, Viewer

MAX_TEXT_CHARS = 4000
DEAD_AFTER = timedelta(seconds=60)


class VersionState(StrEnum):
    """Where a version stands. Retired, refused and withdrawn are ends."""

    DRAFT = "draft"
    TESTED = "tested"
    BACKTESTED = "backtested"
    APPROVED = "approved"
    LIVE = "live"
    RETIRED = "retired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What moves a version. The last three are taken by the system."""

    EDIT = "edit"
    TEST = "test"
    BACKTEST = "backtest"
    APPROVE = "approve"
    REFUSE = "refuse"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    RETIRE = "retire"
    SHADOW = "shadow"
    UNSHADOW = "unshadow"
    MAKE = "make"
    MEASURE = "measure"
    SUPERSEDE = "supersede"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a version can show: its cases, and its newest back-test.

    `backtest` is "", running, finished or failed; `fresh` says that it was made with this code, these
    values, and against the version that is live now.
    """

    fires: int = 0
    stays: int = 0
    wrong: int = 0
    backtest: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A version as the gate sees it."""

    state: VersionState
    author: str
    lead: str  # the department that leads the rule
    approved_by: str | None = None
    shadow: bool = False
    proof: Proof = Proof()


@dataclass(frozen=True, slots=True)
class _Way:
    sources: tuple[VersionState, ...]
    target: VersionState | None  # None: the version stays where it stands
    who: str  # author | other | leader | owner (the author or a leader) | any
    needs_text: bool = False


_S = VersionState
_OPEN = (_S.DRAFT, _S.TESTED, _S.BACKTESTED, _S.APPROVED)
_PROVED = (_S.TESTED, _S.BACKTESTED, _S.APPROVED)
_WAYS: dict[Step, _Way] = {
    Step.EDIT: _Way(_OPEN, _S.DRAFT, "author"),
    Step.TEST: _Way((_S.DRAFT,), _S.TESTED, "any"),
    # A new back-test takes the approval back: it was given to the old one.
    Step.BACKTEST: _Way(_PROVED, _S.TESTED, "any"),
    Step.SHADOW: _Way(_PROVED, None, "any"),
    Step.UNSHADOW: _Way(_PROVED, None, "any"),
    Step.APPROVE: _Way((_S.BACKTESTED,), _S.APPROVED, "other"),
    Step.REFUSE: _Way((_S.BACKTESTED, _S.APPROVED), _S.REFUSED, "other", needs_text=True),
    Step.PUBLISH: _Way((_S.APPROVED,), _S.LIVE, "leader"),
    Step.WITHDRAW: _Way(_OPEN, _S.WITHDRAWN, "owner"),
    Step.RETIRE: _Way((_S.LIVE,), _S.RETIRED, "leader", needs_text=True),
}
STEPS = tuple(_WAYS)


def check_step(standing: Standing, step: Step, actor: Viewer, text: str = "") -> VersionState:
    """The state a step leads to; Forbidden, IllegalMove or UsageError tell why it may not be taken."""
    way = _WAYS.get(step)
    if way is None or actor.username == SYSTEM.username:
        raise IllegalMove("这一步只由系统自动作出。" if way is None else "这一步由人作出。")
    _check_person(standing, way, actor)
    if standing.state not in way.sources:
        raise IllegalMove("这个版本现在的状态不能做这一步。")
    if way.needs_text and not text.strip():
        raise UsageError("请写明理由，不能为空。")
    if len(text) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(text)} 字。")
    _check_proof(standing, step)
    return way.target or standing.state


def allowed_steps(standing: Standing, actor: Viewer) -> tuple[Step, ...]:
    """The steps that a person may take now."""
    return tuple(step for step in STEPS if _may(standing, step, actor))


def needs_text(step: Step) -> bool:
    """Whether a step wants a reason in words."""
    return _WAYS[step].needs_text


def _may(standing: Standing, step: Step, actor: Viewer) -> bool:
    try:
        check_step(standing, step, actor, "理由")
    except (Forbidden, IllegalMove, UsageError):
        return False
    return True


def backtest_state(state: str, beat_at: datetime, now: datetime) -> str:
    """How a back-test stands: one that is said to run but no longer gives a sign of life has failed."""
    return "failed" if state == "running" and now - beat_at > DEAD_AFTER else state


def check_owner(lead: str, actor: Viewer, *, leader: bool = False) -> None:
    """Forbidden unless the actor is of the department that leads the rule (and heads it, where asked)."""
    if actor.department != lead or not actor.works:
        raise Forbidden("规则由主办部门的人修改。")
    if leader and not actor.leads:
        raise Forbidden("这一步由主办部门负责人作出。")


def _check_person(standing: Standing, way: _Way, actor: Viewer) -> None:
    is_author = actor.username == standing.author
    check_owner(standing.lead, actor, leader=way.who in ("other", "leader"))
    if way.who == "author" and not is_author:
        raise Forbidden("草稿由起草人修改；别人请另起一版。")
    if way.who == "other" and is_author:
        raise Forbidden("自己起草的版本要由另一人审批。")
    if way.who == "owner" and not is_author and not actor.leads:
        raise Forbidden("这一步由起草人或主办部门负责人作出。")


def _check_proof(standing: Standing, step: Step) -> None:
    proof = standing.proof
    if step in (Step.SHADOW, Step.UNSHADOW) and standing.shadow == (step is Step.SHADOW):
        raise IllegalMove("影子运行已经是这个状态。")
    if step in (Step.BACKTEST, Step.PUBLISH, Step.APPROVE) and not (proof.fires and proof.stays):
        raise IllegalMove("至少要有一个触发、一个不触发的案例。")
    if step in (Step.BACKTEST, Step.PUBLISH, Step.APPROVE) and proof.wrong:
        raise IllegalMove("还有案例与这组数值不符。")
    if step is Step.BACKTEST and proof.backtest == "running":
        raise IllegalMove("这个版本的回测正在进行。")
    if step in (Step.APPROVE, Step.PUBLISH) and proof.backtest != "finished":
        raise IllegalMove("没有完成的 12 个月回测。")
    if step in (Step.APPROVE, Step.PUBLISH) and not proof.fresh:
        raise IllegalMove("回测之后，规则代码、数值或上线版本变过。请重新回测。")
    if step is Step.PUBLISH and standing.approved_by in (None, standing.author):
        raise IllegalMove("还没有另一人审批。")
