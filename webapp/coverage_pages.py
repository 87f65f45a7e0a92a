"""Coverage: which pharmacy reports, how late and how complete, as a page and as a table to take away."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from flask import Blueprint, Response, render_template, request
from flask_login import login_required

from webapp import strips
from webapp.context import current_viewer, current_workspace
from webapp.words import day, say
from yaotong.cells import exported_frame
from yaotong.errors import UsageError
from yaotong.reads.coverage import SORTS, CoverageView, ShopCoverage, coverage_view, sorted_by

bp = Blueprint("coverage", __name__)
PAGE_ROWS = 50
NOWHERE = "none"
# Below this a share is drawn in red: one line in ten lacks the thing. A matter of drawing, no finding.
LOW_SHARE = 0.9
_UNITS = ((86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒"))


@bp.get("/sources/coverage")
@login_required
def page() -> str:
    """Towns first, then shops, the worst first."""
    view = coverage_view(current_workspace(), current_viewer())
    shops = _asked(view)
    pages = max(-(-len(shops) // PAGE_ROWS), 1)
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    return render_template(
        "coverage.html",
        view=view,
        shops=shops[(number - 1) * PAGE_ROWS : number * PAGE_ROWS],
        matching=len(shops),
        town=request.args.get("town", ""),
        sort=_sort(),
        sorts=SORTS,
        nowhere=NOWHERE,
        low_share=LOW_SHARE,
        number=number,
        pages=pages,
        span=span,
        percent=percent,
        strips=strips,
    )


@bp.get("/sources/coverage.csv")
@login_required
def table() -> Response:
    """The shops of the page, all of them, as CSV for a spreadsheet."""
    view = coverage_view(current_workspace(), current_viewer())
    text = exported_frame(_frame(_asked(view))).to_csv(index=False, lineterminator="\r\n")
    name = f"coverage-{day(view.as_of) if view.as_of else 'empty'}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text, mimetype="text/csv", headers=headers)


def span(seconds: float | None) -> str:
    """A delay in its largest fitting unit, rounded up, so that it never looks shorter than it was."""
    if seconds is None:
        return say("未知")
    size, unit = next((one for one in _UNITS if abs(seconds) >= one[0]), _UNITS[-1])
    amount = math.ceil(seconds / size * 10) / 10 if size > 60 else math.ceil(seconds / size)
    return f"{amount:g} {say(unit)}"


def percent(share: float | None) -> str:
    """A share rounded down to a tenth of a per cent: 100 % only when nothing at all is lacking."""
    return say("未知") if share is None else f"{math.floor(share * 1000 + 1e-9) / 10:g}%"


def _asked(view: CoverageView) -> tuple[ShopCoverage, ...]:
    town = request.args.get("town", "")
    wanted = None if town == NOWHERE else town
    shops = tuple(one for one in view.shops if not town or one.area_code == wanted)
    return sorted_by(shops, _sort())


def _sort() -> str:
    order = request.args.get("sort", "") or SORTS[0]
    if order not in SORTS:
        raise UsageError(f"sort 应为 {'、'.join(SORTS)} 之一。")
    return order


def _frame(shops: Sequence[ShopCoverage]) -> pd.DataFrame:
    """One row per shop; what is unknown is an empty cell. Delays in hours, shares from 0 to 1."""
    columns = {
        say("许可证号"): [one.pharmacy_id for one in shops],
        say("药店"): [one.name for one in shops],
        say("镇街"): [one.area_name for one in shops],
        say("最近有销售的日子"): [one.last_day for one in shops],
        say("停报天数"): [one.days_silent for one in shops],
        say("应报天数"): [one.days_due for one in shops],
        say("有数据天数"): [one.days_reported for one in shops],
        say("销售行数"): [one.figures.lines for one in shops],
        say("到达延迟中位数（小时）"): [_hours(one.figures.arrived_median_s) for one in shops],
        say("到达延迟 95 分位（小时）"): [_hours(one.figures.arrived_p95_s) for one in shops],
        say("录入延迟中位数（小时）"): [_hours(one.figures.booked_median_s) for one in shops],
        say("录入延迟 95 分位（小时）"): [_hours(one.figures.booked_p95_s) for one in shops],
        say("有追溯码的比例"): [_rounded(one.figures.trace_share) for one in shops],
        say("需登记的行数"): [one.figures.registrable for one in shops],
        say("已登记购药人的比例"): [_rounded(one.figures.buyer_share) for one in shops],
        say("有批号的比例"): [_rounded(one.figures.batch_share) for one in shops],
    }
    # As objects, so that a count beside an unknown one stays a whole number.
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 3)


def _rounded(share: float | None) -> float | None:
    return None if share is None else math.floor(share * 10_000 + 1e-9) / 10_000
