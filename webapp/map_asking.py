"""What a reader of the map asks for, read from the address and hashable: the key of every cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from werkzeug.datastructures import MultiDict

from geo.crs import Crs
from webapp.map_crs import crs_of
from yaotong.errors import UsageError
from yaotong.reads.map import SPECIAL
from yaotong.reads.map_filters import FILTERS
from yaotong.viewer import Viewer

_MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Ask:
    """One picture: for whom (department and area, not the person), of which day, of which shops.

    `crs` is the system of the base map that it is drawn over: things stand on its tiles and panels there.
    `grain` is how many times areas are taken together; no reader asks for it, a zoom does.
    """

    department: str
    area_code: str
    category: str = SPECIAL
    as_of: date | None = None
    known: date | None = None
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    crs: Crs = Crs.WGS84
    grain: int = 0

    @property
    def viewer(self) -> Viewer:
        """Anyone who sees this picture."""
        return Viewer("map", "", self.department, self.area_code)


def read_ask(asked: MultiDict[str, str], viewer: Viewer) -> Ask:
    """The picture asked for; UsageError for a day or a filter that is none."""
    return Ask(
        viewer.department,
        viewer.area_code,
        asked.get("category") or SPECIAL,
        _day(asked, "as_of"),
        _day(asked, "known"),
        tuple((key, _values(asked, key)) for key in sorted(FILTERS) if asked.getlist(key)),
        crs_of(asked.get("crs", "")),
    )


def _values(asked: MultiDict[str, str], key: str) -> tuple[str, ...]:
    values = tuple(sorted(set(asked.getlist(key))))
    if len(values) > _MOST_VALUES:
        raise UsageError(f"筛选 {key} 至多 {_MOST_VALUES} 个值。")
    return values


def _day(asked: MultiDict[str, str], name: str) -> date | None:
    text = asked.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"日期应写作 2026-03-31 的样子，不是 {text[:20]!r}。") from error
