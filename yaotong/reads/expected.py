"""The daily series of a finding that rests on signals: what was sold, what was expected, and the bound."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date, timedelta
from threading import Lock

import numpy as np

from yaotong.codes import CATEGORIES
from yaotong.detection.signals.judged import Levels
from yaotong.reads.drawn import Series
from yaotong.signals import told
from yaotong.store import loads
from yaotong.store.factbase import open_facts
from yaotong.terms import term
from yaotong.watched import SYMPTOM_NAMES_ZH
from yaotong.workspace import Workspace

_KEPT = 2
_known: OrderedDict[tuple[str, int], Levels | None] = OrderedDict()
_lock = Lock()


def levels_of(workspace: Workspace) -> Levels | None:
    """What the detector says of the data in force, worked out once for each version in a process."""
    store = workspace.store
    with store.read() as connection:
        name = str(store.facts_dir), loads.current_version(connection)
    with _lock:
        if name not in _known:
            _known[name] = told(open_facts(store, version=name[1])).levels
        _known.move_to_end(name)
        while len(_known) > _KEPT:
            _known.popitem(last=False)
        return _known[name]


def expected_series(
    workspace: Workspace, subject: str, group: str, since: date, until: date
) -> Series | None:
    """One subject's days of a watched group; None where the facts do not hold it. A day not judged is None.

    `bound` is what the one day would have to exceed, where several days are judged together as well.
    """
    levels = levels_of(workspace)
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
