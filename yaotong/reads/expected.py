"""The daily series of a finding that rests on signals: what was sold, what was expected, and the bound."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from yaotong.codes import CATEGORIES
from yaotong.facts import Facts
from yaotong.reads.drawn import Series
from yaotong.signals import told
from yaotong.terms import term
from yaotong.watched import SYMPTOM_NAMES_ZH


def expected_series(facts: Facts, subject: str, group: str, since: date, until: date) -> Series | None:
    """One subject's days of a watched group; None where the facts do not hold it. A day not judged is None.

    `bound` is what the one day would have to exceed, where several days are judged together as well.
    """
    levels = told(facts).levels
    if levels is None or group not in levels.sold.groups:
        return None
    level = next((one for one in (levels.shops, levels.towns, levels.city) if subject in one.keys), None)
    if level is None:
        return None
    first, cell = levels.sold.first, (levels.sold.groups.index(group), level.keys.index(subject))
    last = min(until, first + timedelta(days=levels.sold.days - 1))
    days = [since + timedelta(days=one) for one in range((last - since).days + 1)]
    columns = []
    for line in (level.counts[cell], level.usual[cell], level.bound[cell]):
        places = [(day - first).days for day in days]
        values = [float(line[one]) if one >= 0 else float("nan") for one in places]
        columns.append(tuple(None if np.isnan(one) else round(one, 1) for one in values))
    zh = CATEGORIES.get(group) or f"{SYMPTOM_NAMES_ZH[group]}类药品"
    en = term(f"category.{group}", "en") if group in CATEGORIES else f"Drugs against symptoms ({group})"
    return Series(
        f"{zh}每日盒数：实际、预期与上界",
        f"{en}, packs a day: sold, expected and upper bound",
        "盒",
        tuple(days),
        columns[0],
        (),
        expected=columns[1],
        bound=columns[2],
    )
