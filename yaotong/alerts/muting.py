"""Whether an alert calls anybody. Pure: alerts, silences and inhibitions in, what is muted and why out.

The one place where this is decided: for notices, for lists, and for what a silence would have hidden.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase

from yaotong.alerts.inhibit import Inhibition
from yaotong.alerts.silence import Face, Mute, Silence
from yaotong.errors import UsageError

SCOPES = ("pharmacy", "area", "within")
MAX_DAYS = 90
MAX_TEXT_CHARS = 500
REMIND_WORKDAYS = 3


def muted(
    faces: Sequence[Face], silences: Sequence[Silence], inhibitions: Sequence[Inhibition]
) -> dict[str, Mute]:
    """The alerts that call nobody, by id, whatever order anything comes in.

    A silence is named before another alert, and of several the first made. `faces` must hold the sources
    as well as the targets of inhibitions.
    """
    sources = _sources(faces, inhibitions)
    by_rule = {one.rule_id: [each for each in silences if speaks(each, one.rule_id)] for one in faces}
    found = {}
    for one in faces:
        mute = _silenced(one, by_rule[one.rule_id]) or _inhibited(one, sources)
        if mute is not None:
            found[one.alert_id] = mute
    return found


def speaks(one: Silence, rule_id: str) -> bool:
    """Whether a silence names a rule."""
    return fnmatchcase(rule_id, one.rule_pattern)


def silences(one: Silence, face: Face) -> bool:
    """Whether a silence mutes an alert: all its behaviour lies inside, it is no graver, of the same lead."""
    inside = one.since <= face.first_day and face.last_day <= one.last_day
    if not inside or not speaks(one, face.rule_id) or face.lead != one.department:
        return False
    return face.level.rank >= one.level.rank and _about(one, face)


def _about(one: Silence, face: Face) -> bool:
    if one.subject_kind == "within":
        return (face.area_code or "").startswith(one.subject)
    return (face.subject_kind, face.subject) == (one.subject_kind, one.subject)


def _silenced(face: Face, known: Iterable[Silence]) -> Mute | None:
    by = min((one for one in known if silences(one, face)), key=lambda one: one.silence_id, default=None)
    return None if by is None else Mute(by.last_day, silence_id=by.silence_id)


_Sources = dict[str, list[tuple[Inhibition, dict[str, list[Face]]]]]


def _sources(faces: Iterable[Face], inhibitions: Sequence[Inhibition]) -> _Sources:
    """For each target rule its inhibitions, each with the alerts that mute by what must be equal."""
    by_rule: dict[str, list[Face]] = defaultdict(list)
    for one in faces:
        if one.stands:
            by_rule[one.rule_id].append(one)
    found: _Sources = defaultdict(list)
    for each in inhibitions:
        keyed: dict[str, list[Face]] = defaultdict(list)
        for one in by_rule[each.source]:
            key = each.key(one)
            if key is not None:
                keyed[key].append(one)
        found[each.target].append((each, keyed))
    return found


def _inhibited(face: Face, sources: _Sources) -> Mute | None:
    able = [
        (source.first_day, source.alert_id, _reach(each, source))
        for each, keyed in sources.get(face.rule_id, [])
        for source in keyed.get(each.key(face) or "", [])
        if face.level.rank >= each.up_to.rank
        and source.first_day <= face.first_day
        and face.last_day <= _reach(each, source)
    ]
    _, source_id, until = min(able, default=(None, "", date.min))
    return Mute(until, source_id=source_id) if source_id else None


def _reach(each: Inhibition, source: Face) -> date:
    return source.last_day + timedelta(days=each.days)


def check_silence(one: Silence) -> None:
    """UsageError tells what is wrong with a new silence."""
    if one.subject_kind not in SCOPES:
        raise UsageError(f"静默的范围只能是 {'、'.join(SCOPES)}。")
    if not one.rule_pattern.strip() or len(one.rule_pattern) > 16:
        raise UsageError("请写明规则编号，或 R-M* 这样不超过 16 个字符的样式。")
    if not one.subject.strip():
        raise UsageError("请写明药店许可证号或区域代码。")
    if one.until < one.since:
        raise UsageError("静默的止日不能早于起日。")
    if (one.until - one.since).days >= MAX_DAYS:
        raise UsageError(f"静默最长 {MAX_DAYS} 天，到期可以重新办理。")
    if not one.text.strip():
        raise UsageError("请写明静默的理由，不能为空。")
    if len(one.text) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(one.text)} 字。")


def check_silence_end(one: Silence, ended_from: date) -> None:
    """UsageError tells why a silence cannot be ended so."""
    if one.ended_at is not None:
        raise UsageError(f"静默 {one.silence_id} 已经终止过了。")
    if not one.since <= ended_from <= one.until:
        raise UsageError(f"终止的日子应在 {one.since} 至 {one.until} 之间。")
