"""How values read on a page: moments, spans of time, terms of the glossary, numbers."""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask
from markupsafe import Markup

from webapp.context import current_lang
from webapp.i18n import translate
from yaotong import clock
from yaotong.cases.money import yuan
from yaotong.reads.rulebook import as_html
from yaotong.terms import TERMS


def add_words(app: Flask) -> None:
    """Put the functions below into every template."""
    app.jinja_env.globals.update(_=say, term=term_of, now=clock.now)
    app.jinja_env.filters.update(
        moment=moment, day=day, left=left, num=num, yuan=yuan, pick=pick, markdown=markdown
    )


def say(text: str) -> str:
    """A Chinese text of a template in the language asked for."""
    return translate(text, current_lang())


def term_of(name: str) -> str:
    """A word of the glossary; the bare name when it has none."""
    return TERMS[name].text(current_lang()) if name in TERMS else name.rsplit(".", 1)[-1]


def moment(value: datetime | None) -> str:
    """2026-06-30 08:30."""
    return f"{value:%Y-%m-%d %H:%M}" if value is not None else "—"


def day(value: date | None) -> str:
    """2026-06-30."""
    return f"{value:%Y-%m-%d}" if value is not None else "—"


def left(due: datetime | None) -> str:
    """How long until (or since) a deadline, in its largest fitting unit."""
    if due is None:
        return "—"
    seconds = int((due - clock.now()).total_seconds())
    amount = abs(seconds)
    for size, unit in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if amount >= size or unit == "分钟":
            span = f"{max(amount // size, 1)} {say(unit)}"
            return f"{say('还剩')} {span}" if seconds >= 0 else f"{say('逾期')} {span}"
    return "—"


def num(value: float | int | None) -> str:
    """1,234 or 0.5; a dash for nothing."""
    return "—" if value is None else f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def markdown(text: str) -> Markup:
    """A text of a rule's page as HTML; raw HTML in it is shown as text."""
    return Markup(as_html(text))


def pick(thing: object, name: str) -> str:
    """The `name_zh` or `name_en` of a thing, by the language asked for."""
    return str(getattr(thing, f"{name}_{current_lang()}"))
