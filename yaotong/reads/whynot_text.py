"""Why a rule did not fire, in words: the same sections for the command line and for the pages."""

from __future__ import annotations

from collections.abc import Iterator

from yaotong.reads.explain_text import Section, Sheet, figure, plain, say
from yaotong.reads.whynot import FeedLines, WhyNot
from yaotong.records import FEEDS
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.rules.near import Near, Needed
from yaotong.rules.run import explain_sentence
from yaotong.terms import term


def why_sections(told: WhyNot, lang: str = "zh") -> tuple[Section, ...]:
    """What it had to go on first, then each clause: whether it held, and how near it came."""
    rule = book()[told.rule_id]
    if told.silent and not told.held:
        return (_ground(told, lang),)
    return (_ground(told, lang), *(_clause(told, rule, name, lang) for name in rule.clauses))


def why_text(told: WhyNot, lang: str = "zh") -> str:
    """The sections as plain text."""
    rule = book()[told.rule_id]
    head = (
        f"{told.rule_id} {say(lang, rule.name_zh, rule.name_en)}  {told.subject}  {told.since} – {told.until}"
    )
    return "\n\n".join([head, *("\n".join(plain(one)) for one in why_sections(told, lang))])


def _ground(told: WhyNot, lang: str) -> Section:
    title = say(lang, "有什么可看", "What there was to go on")
    rows = tuple(_feed(one, lang) for one in told.feeds)
    headings = (say(lang, "数据", "Feed"), say(lang, "行数", "Lines"), say(lang, "全空的列", "Empty columns"))
    sheet = Sheet(headings, rows, frozenset({1})) if rows else None
    return Section("ground", title, sheet=sheet, after=tuple(_notes(told, lang)))


def _feed(one: FeedLines, lang: str) -> tuple[str, ...]:
    name = say(lang, FEEDS[one.feed].title_zh, one.feed)
    return name, figure(one.lines), "、".join(one.empty) or "—"


def _notes(told: WhyNot, lang: str) -> Iterator[str]:
    if told.silent:
        yield say(
            lang,
            "规则所读的数据里没有这个主体的任何一行，无从判断；没有数据不等于没有问题。",
            "Not one line of this subject is in what the rule reads: nothing could be judged.",
        )
    lacking = [one.feed for one in told.feeds if not one.lines]
    if lacking and not told.silent:
        names = "、".join(FEEDS[one].title_zh for one in lacking)
        yield say(
            lang,
            f"{names}：没有这个主体的任何一行，靠它判断的部分是未知。",
            f"No line of this subject in {', '.join(lacking)}: what rests on it is unknown.",
        )
    if any(one.empty for one in told.feeds):
        yield say(
            lang,
            "规则要用的列全空：这一部分是未知，不是合格。",
            "A column the rule needs is empty throughout: that part is unknown, not in order.",
        )
    if told.of_categories == 0 and not told.silent:
        names = "、".join(told.categories)
        yield say(
            lang,
            f"其中规则所指类别（{names}）的销售：0 行。",
            f"Of the categories the rule looks for ({names}) it sold nothing.",
        )
    if told.status not in (None, "active"):
        yield say(lang, f"登记状态：{told.status}。", f"State in the register: {told.status}.")
    for one in told.exempted:
        reason = term(f"exempt.{one.reason}", lang)
        yield say(
            lang,
            f"豁免 {one.exemption_id}（{reason}）：{one.since} 至 {one.until}。",
            f"Exemption {one.exemption_id} ({reason}): {one.since} to {one.until}.",
        )


def _clause(told: WhyNot, rule: Rule, name: str, lang: str) -> Section:
    title = _title(rule, name, told.near.get(name), lang)
    held = [one for one in told.held if one.clause == name]
    if held:
        lines = tuple(_held(rule, name, one, lang) for one in held)
        return Section("clause", title, lines=lines, tone="bad")
    if name in told.near:
        near = told.near[name]
        lines = (_limit(rule, name, near, lang),) if near.is_limit else tuple(_needs(rule, name, near, lang))
        return Section("clause", title, lines=lines)
    if name in told.awaiting:
        return Section("clause", title, lines=(_awaits(told.awaiting[name], lang),))
    return Section("clause", title, lines=(_far(lang),))


def _title(rule: Rule, name: str, near: Near | None, lang: str) -> str:
    """The clause's sentence with its measure open, and its limit where that is known."""
    limb = rule.clauses[name]
    limit = figure(near.needed[0].in_force) if near is not None and near.is_limit else "T"
    return say(lang, limb.sentence_zh, limb.sentence_en).format(measure="M", threshold=limit)


def _held(rule: Rule, name: str, one: object, lang: str) -> str:
    day, by = one.day, one.exemption_id  # type: ignore[attr-defined]
    sentence = explain_sentence(rule, name, one.measure, one.threshold, lang)  # type: ignore[attr-defined]
    spared = say(lang, f"（豁免 {by}，没有通知任何人）", f" (exemption {by}, nobody was told)") if by else ""
    return f"{say(lang, '成立：', 'It held: ')}{day} {sentence}{spared}"


def _limit(rule: Rule, name: str, near: Near, lang: str) -> str:
    unit, limit = rule.clauses[name].unit, near.needed[0].in_force
    share = f"{100 * near.hit.measure / limit:.0f} %" if limit else ""
    measure = figure(near.hit.measure)
    return say(
        lang,
        f"最接近的是 {near.hit.day}：{measure} {unit}，界限 {figure(limit)} {unit}（{share}），没有越过。",
        f"Nearest on {near.hit.day}: {measure}, limit {figure(limit)} ({share}); not beyond it.",
    )


def _needs(rule: Rule, name: str, near: Near, lang: str) -> Iterator[str]:
    measure, unit = figure(near.hit.measure), rule.clauses[name].unit
    yield say(
        lang,
        f"不成立。最接近的是 {near.hit.day}（{measure} {unit}）；现行数值改成下面这样才会成立：",
        f"It did not hold. Nearest on {near.hit.day} ({measure}); it would have taken these values:",
    )
    for one in near.needed:
        yield _need(rule, one, lang)


def _need(rule: Rule, one: Needed, lang: str) -> str:
    known = next(each for each in rule.parameters if each.name == one.name)
    law = say(lang, "，法定值，只为说明", ", set by law, for explanation only") if known.statutory else ""
    return say(
        lang,
        f"· {known.meaning_zh}：{figure(one.value)} {known.unit}（现行 {figure(one.in_force)}{law}）",
        f"· {one.name}: {figure(one.value)} (in force {figure(one.in_force)}{law})",
    )


def _awaits(register: str, lang: str) -> str:
    name = FEEDS[register].title_zh
    return say(
        lang,
        f"还没有送来{name}：这一款在等，不作判断；没有判断不等于没有问题。",
        f"No row of the register “{register}” was ever sent: this limb waits and judges nothing.",
    )


def _far(lang: str) -> str:
    return say(
        lang,
        "不成立；把各项数值放宽到最低或最高再算，仍不成立。说不出差多少，只能说“没有”。",
        "It did not hold, nor with its values at their lowest or highest: no distance to tell, only a no.",
    )
