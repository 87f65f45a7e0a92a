"""Small counts hidden, for readers who may see counts and nothing that leads back to anybody. Pure.

A count of 1 to 4 is hidden; so is a figure of which a part, or the rest of it, is that small. Where a column
adds up to a total, its total goes too; and one hidden count alone takes the next smallest with it, for the
total may be known from elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from yaotong.reports.model import Cell, Chart, DualMap, Report, Section, Table

LEAST = 5
HIDDEN = "少于 5"
_WITHHELD = "不显示"


def veiled(report: Report) -> Report:
    """The report with all its small counts hidden."""
    return replace(report, sections=tuple(_section(one) for one in report.sections))


def small(value: object) -> bool:
    """Whether a count is too small to be shown; zero is not."""
    return isinstance(value, int | float) and 0 < abs(value) < LEAST


def hides(num: object, den: object) -> bool:
    """Whether a figure is not to be shown: a part of it, or the rest, is small."""
    both = isinstance(num, int | float) and isinstance(den, int | float)
    return small(num) or small(den) or (both and small(float(str(den)) - float(str(num))))


def _section(one: Section) -> Section:
    return replace(
        one,
        tables=tuple(_table(some) for some in one.tables),
        charts=tuple(_chart(some) for some in one.charts),
    )


def _table(one: Table) -> Table:
    rows = [list(_row(one, row)) for row in one.rows]
    if one.totals and len(rows) > 1:
        for place in range(1, len(one.head)):
            _with_total(rows, place)
    return replace(one, rows=tuple(tuple(row) for row in rows))


def _with_total(rows: list[list[Cell]], place: int) -> None:
    """Hide what the total of a column, or the sum of the others, would tell of a hidden count.

    The total may be known from elsewhere: others are withheld, the smallest first, until what is left of it
    fits more than one value of each hidden count.
    """
    parts, total = rows[:-1], rows[-1][place]
    hidden = sum(row[place] == HIDDEN for row in parts)
    if not hidden:
        return
    shown = [row for row in parts if isinstance(row[place], int | float) and row[place]]
    shown.sort(key=lambda row: float(row[place] or 0), reverse=True)
    withheld = 0
    while shown and (hidden + withheld < 2 or _tells(total, shown, place, hidden, withheld)):
        shown.pop()[place] = _WITHHELD
        withheld += 1
    rows[-1][place] = _WITHHELD


def _tells(total: Cell, shown: list[list[Cell]], place: int, hidden: int, withheld: int) -> bool:
    """Whether a total and the shown counts leave one value only for a hidden one.

    A hidden count is 1 to 4, a withheld one at least 5 and no more than the smallest that is shown.
    """
    if not isinstance(total, int | float):
        return False
    values = [float(str(row[place])) for row in shown]
    left = float(total) - sum(values)
    most = withheld * min(values, default=float("inf")) if withheld else 0.0
    low = max(1.0, left - (LEAST - 1) * (hidden - 1) - most)
    high = min(LEAST - 1.0, left - (hidden - 1) - LEAST * withheld)
    return high <= low


def _row(one: Table, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Numerators and denominators stand beside the figure that they make: they are hidden together."""
    cells = list(row)
    for place, name in enumerate(one.head):
        made_of = name.endswith("分子") and 0 < place < len(cells) - 1
        if made_of and hides(cells[place], cells[place + 1]):
            cells[place - 1 : place + 2] = [HIDDEN, HIDDEN, HIDDEN]
    shares = set(one.shares)
    shown = [
        HIDDEN if place and place not in shares and small(cell) else cell for place, cell in enumerate(cells)
    ]
    if "增减" in one.head and HIDDEN in shown:
        shown[one.head.index("增减")] = _WITHHELD
    return tuple(shown)


def _chart(one: Chart | DualMap) -> Chart | DualMap:
    if isinstance(one, DualMap):
        return replace(one, sides=tuple((title, unit, _side(values)) for title, unit, values in one.sides))
    series = tuple(
        (name, tuple(None if small(value) else value for value in values)) for name, values in one.series
    )
    return replace(one, series=series)


def _side(values: tuple[float | None, ...]) -> tuple[float | None, ...]:
    """A map's numbers stand in a table too, with their total: one hidden alone takes the next with it."""
    shown = [None if small(value) else value for value in values]
    others = [place for place, value in enumerate(shown) if value]
    if shown.count(None) == 1 and values.count(None) == 0 and others:
        shown[min(others, key=lambda place: shown[place] or 0)] = None
    return tuple(shown)
