"""An explanation in words: the same sections for the command line and for the alert's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from yaotong.reads.explain import ExplainedDay, Explanation, ShownBasis, ShownParameter, gravest_first


@dataclass(frozen=True, slots=True)
class Sheet:
    """A small table: headings and rows of text; the columns numbered in `figures` hold figures."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an explanation. `markdown` is a text of a rule's page, always Chinese; `tone` is good, bad
    or "" for neither."""

    key: str
    title: str
    markdown: str = ""
    lines: tuple[str, ...] = ()
    sheet: Sheet | None = None
    after: tuple[str, ...] = ()
    tone: str = ""


def sections(told: Explanation, lang: str = "zh") -> tuple[Section, ...]:
    """The parts in the order a person checks them: what is meant, by which law, how it adds up, again."""
    return (
        Section("definition", say(lang, "定义", "Definition"), told.definition),
        _parameters(told, lang),
        Section(
            "law",
            say(lang, "法律依据", "Legal basis"),
            lines=tuple(_law(one, lang) for one in told.basis),
        ),
        *(_day(one, lang) for one in gravest_first(told.days)),
        _result(told, lang),
    )


def as_text(told: Explanation, lang: str = "zh") -> str:
    """The sections as plain text."""
    head = f"{told.alert_id}  {told.rule_id} {say(lang, told.name_zh, told.name_en)}"
    parts = [head, *("\n".join(plain(one)) for one in sections(told, lang))]
    return "\n\n".join(parts)


def figure(value: float) -> str:
    """A number without needless zeros."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def plain(one: Section) -> Iterator[str]:
    """A section as lines of plain text."""
    yield f"【{one.title}】"
    yield from one.markdown.splitlines()
    yield from one.lines
    if one.sheet is not None:
        yield "  ".join(one.sheet.headings)
        yield from ("  ".join(row) for row in one.sheet.rows)
    yield from one.after


def say(lang: str, zh: str, en: str) -> str:
    """The wording in a language."""
    return en if lang == "en" else zh


def _parameters(told: Explanation, lang: str) -> Section:
    title = say(
        lang, f"参数（规则第 {told.rule_version} 版）", f"Parameters (rule version {told.rule_version})"
    )
    if told.rule_version != told.book_version:
        note = say(
            lang,
            f"规则书里现在是第 {told.book_version} 版，下列为现行数值。",
            f"The book now holds version {told.book_version}; these are its values.",
        )
    else:
        note = "" if told.parameters else say(lang, "这条规则没有参数。", "This rule has no parameters.")
    headings = say(lang, "参数 数值 单位 可调范围", "Parameter Value Unit Bounds").split(" ")
    rows = tuple(_parameter(one, lang) for one in told.parameters)
    sheet = Sheet(tuple(headings), rows, frozenset({1})) if rows else None
    return Section("parameters", title, lines=(note,) if note else (), sheet=sheet)


def _parameter(one: ShownParameter, lang: str) -> tuple[str, ...]:
    bounds = say(lang, "法定", "by law") if one.statutory else f"{figure(one.low)}–{figure(one.high)}"
    return one.meaning_zh, figure(one.value), one.unit, bounds


def _law(one: ShownBasis, lang: str) -> str:
    held = {
        True: say(lang, "行为日有效", "in force on the days of behaviour"),
        False: say(lang, "行为日不在有效期内", "not in force on all days of behaviour"),
        None: say(lang, "施行日期待核", "first day not verified"),
    }[one.in_force]
    since = f"{one.since}{say(lang, ' 起', ' on')}，" if one.since else ""
    verify = say(lang, "〔正式文本待核〕", " [official text not verified]") if one.verify else ""
    return f"{one.title_zh}{one.article}（{since}{held}）{verify}"


def _day(one: ExplainedDay, lang: str) -> Section:
    title = say(lang, f"{one.day} 的计算", f"Arithmetic of {one.day}")
    return Section(
        "day",
        title,
        lines=(say(lang, one.sentence, one.sentence_en), _how(one, lang)),
        sheet=_steps(one, lang),
        after=tuple(_after(one, lang)),
        tone="" if one.again is None else "good" if one.again.same else "bad",
    )


def _how(one: ExplainedDay, lang: str) -> str:
    words = say(lang, one.words_zh, one.words_en)
    lines = say(lang, f"证据 {one.lines} 行", f"{one.lines} lines of evidence")
    return f"{say(lang, '算法：', 'How: ')}{words}{say(lang, '；', '; ')}{lines}{say(lang, '。', '.')}"


def _steps(one: ExplainedDay, lang: str) -> Sheet | None:
    if not one.steps:
        return None
    named: list[tuple[str, Sequence[str | None]]] = [
        (say(lang, "时间", "When"), [f"{step.at:%Y-%m-%d %H:%M}" if step.at else "" for step in one.steps]),
        (say(lang, "药店", "Pharmacy"), [step.pharmacy for step in one.steps]),
        (say(lang, "药品", "Drug"), [step.drug for step in one.steps]),
        (say(lang, f"计入（{one.unit}）", "Adds"), [f"{step.amount:+,.6g}" for step in one.steps]),
        (say(lang, "累计", "So far"), [figure(step.total) for step in one.steps]),
    ]
    shown = [(name, column) for name, column in named if any(column)]
    rows = zip(*(column for _, column in shown), strict=True)
    told = tuple(tuple(cell or "—" for cell in row) for row in rows)
    return Sheet(tuple(name for name, _ in shown), told, frozenset({len(shown) - 2, len(shown) - 1}))


def _after(one: ExplainedDay, lang: str) -> Iterator[str]:
    if one.steps_hidden:
        yield say(
            lang,
            f"另有 {one.steps_hidden} 步不在可见范围内或未在此列出，合计已计入。",
            f"{one.steps_hidden} further steps are out of sight or not listed; the total counts them.",
        )
    sign = "=" if abs(one.measure - one.threshold) < 1e-6 else ">" if one.measure > one.threshold else "<"
    total = (
        "" if one.value is None else say(lang, f"合计 {figure(one.value)}；", f"Total {figure(one.value)}; ")
    )
    yield total + say(
        lang,
        f"数值 {figure(one.measure)} {sign} 界限 {figure(one.threshold)}（{one.unit}）",
        f"measure {figure(one.measure)} {sign} limit {figure(one.threshold)}",
    )
    if one.figures:
        yield _figures(one.figures, lang)
    if one.again is not None:
        yield _again(one, lang)


def _figures(told: Mapping[str, float], lang: str) -> str:
    """What a detector said of the days that end with the finding's."""
    days = int(told["span_days"])
    sold, due, beyond = (figure(round(told[one], 1)) for one in ("observed", "expected", "excess"))
    chance = f"p = {told['p']:.2g}，q = {told['q']:.2g}"
    upper = figure(told["upper"])
    return say(
        lang,
        f"截至当天的 {days} 天合计：实际 {sold} − 预期 {due} = 超出 {beyond}；上界 {upper}；{chance}。",
        f"Over the {days} days up to this one: sold {sold} − expected {due} = excess {beyond}; "
        f"upper bound {upper}; {chance.replace('，', ', ')}.",
    )


def _again(one: ExplainedDay, lang: str) -> str:
    again = one.again
    assert again is not None
    if again.same:
        return say(lang, "重算：结果一致。", "Done again: the same.")
    if again.measure is None or again.threshold is None:
        return say(lang, "重算：现在的数据里不再成立。", "Done again: no longer found in the data.")
    parts = [
        say(lang, f"数值 {figure(one.measure)} → {figure(again.measure)}", "measure ")
        + ("" if lang != "en" else f"{figure(one.measure)} → {figure(again.measure)}"),
        say(lang, f"界限 {figure(one.threshold)} → {figure(again.threshold)}", "limit ")
        + ("" if lang != "en" else f"{figure(one.threshold)} → {figure(again.threshold)}"),
        say(
            lang,
            f"少了 {again.lines_gone} 行，多了 {again.lines_new} 行",
            f"{again.lines_gone} lines gone, {again.lines_new} new",
        ),
    ]
    return say(lang, "重算：不同。", "Done again: different. ") + say(lang, "；", "; ").join(parts)


def _result(told: Explanation, lang: str) -> Section:
    title = say(lang, "从保存的证据重算", "Done again from the stored evidence")
    return Section("again", title, lines=tuple(_verdict(told, lang)), tone=_tone(told.same))


def _tone(same: bool | None) -> str:
    return "" if same is None else "good" if same else "bad"


def _verdict(told: Explanation, lang: str) -> Iterator[str]:
    days = len(told.days)
    if told.same is None:
        yield say(lang, "尚未重算。", "Not done again yet.")
        return
    if told.same and not days:
        yield say(
            lang,
            "这条预警现在没有在案的发现：数据更正后不再成立，或行为日在豁免期内。",
            "No finding stands under this alert: gone after a correction, or exempt.",
        )
        return
    if told.same:
        yield say(
            lang,
            f"同一规则在同样的日子上再算一遍，{days} 条发现的数值、界限与证据行都一致。",
            f"Run again over the same days: {days} findings, all with the same measure, limit and lines.",
        )
        return
    changed = sum(not one.same for one in told.days)
    yield say(
        lang,
        f"与当时不同：{days} 条发现中有 {changed} 条变了。",
        f"Different from then: {changed} of {days} findings changed.",
    )
    if told.found_since:
        yield say(lang, "现在另外发现：", "Now found besides: ") + _days(told.found_since)
    if told.corrected_at_version:
        yield say(
            lang,
            f"原因：数据第 {told.corrected_at_version} 版更正了证据行，下次检测时重新判断。",
            f"Data version {told.corrected_at_version} corrected evidence; the next run judges again.",
        )


def _days(found: Sequence[tuple[date, str]]) -> str:
    return "、".join(f"{day} {clause}" for day, clause in found)
