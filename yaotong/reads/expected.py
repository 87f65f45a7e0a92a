"""The daily series of a finding that rests on signals: what was sold, what was expected, and the bound."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from datetime import date, timedelta
from threading import Lock, Thread

import numpy as np

from yaotong.codes import CATEGORIES
from yaotong.detection.signals.judged import Levels
from yaotong.errors import YaotongError
from yaotong.reads.drawn import Series
from yaotong.signals import told
from yaotong.store import loads
from yaotong.store.factbase import open_facts
from yaotong.terms import term
from yaotong.watched import SYMPTOM_NAMES_ZH
from yaotong.workspace import Workspace

_KEPT = 2
_Known = tuple[int, Levels | None]
# By where the facts lie: the newest version worked out, and what it came to.
_known: OrderedDict[str, _Known] = OrderedDict()
_lock, _making = Lock(), Lock()


def levels_of(workspace: Workspace, judged_at: int) -> Levels | None:
    """What the detector says of the data of a version or a later one: seconds of work, for everybody at once.

    What was worked out for such a version before is told at once, and worked out anew behind it when data
    came since: a finding is drawn among the numbers it was judged by, or newer ones.
    """
    place = str(workspace.store.facts_dir)
    with workspace.store.read() as connection:
        current = loads.current_version(connection)
    known = _known.get(place)
    if known is not None and judged_at <= known[0] <= current:
        if known[0] < current and not _making.locked():
            Thread(target=_renewed, args=(workspace, place, current), daemon=True).start()
        return known[1]
    return _made(workspace, place, current)


def _renewed(workspace: Workspace, place: str, version: int) -> None:
    with suppress(YaotongError):  # who asks for it in earnest is told
        _made(workspace, place, version)


def _made(workspace: Workspace, place: str, version: int) -> Levels | None:
    with _making:
        known = _known.get(place)
        if known is not None and known[0] == version:
            return known[1]
        levels = told(open_facts(workspace.store, version=version)).levels
        with _lock:
            _known[place] = version, levels
            _known.move_to_end(place)
            while len(_known) > _KEPT:
                _known.popitem(last=False)
        return levels


def expected_series(
    workspace: Workspace, subject: str, group: str, since: date, until: date, judged_at: int
) -> Series | None:
    """One subject's days of a watched group; None where the facts do not hold it. A day not judged is None.

    `judged_at` is the data version of the finding.

    `bound` is what the one day would have to exceed, where several days are judged together as well.
    """
    levels = levels_of(workspace, judged_at)
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
