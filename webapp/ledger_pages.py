"""The ledger: shelves that do not balance, a shop's months, the whole way of a drug or a lot; and as CSV."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from flask import Blueprint, Response, render_template, request
from flask_login import current_user, login_required

from webapp import asking, locator
from webapp.context import current_viewer, current_workspace
from webapp.sankey import laid_out
from webapp.words import say, term_of
from yaotong.cells import exported_frame
from yaotong.ledger.entries import KINDS
from yaotong.ledger.judge import VERDICTS
from yaotong.reads.drug_way import END, SHOP, SUPPLIER, DrugWay, drug_way
from yaotong.reads.ledger_view import Asked, ledger_view, may_see_ledger, shop_ledger, shop_tables, spans_seen

bp = Blueprint("ledger", __name__)


@bp.app_context_processor
def _links() -> dict[str, object]:
    """Whether a page may point here: not for who would be refused."""
    return {"sees_ledger": lambda: current_user.is_authenticated and may_see_ledger(current_viewer())}


PAGE_ROWS = 50
_COLUMNS = {SUPPLIER: 0, SHOP: 1, END: 2}
_PLACE = {
    "pharmacy_id": "许可证号",
    "pharmacy": "药店",
    "drug_code": "药品编码",
    "drug_name": "药品",
    "lot": "批号",
}
_SPAN = {
    "opened_at": "期初盘点", "closed_at": "期末盘点", "opening": "期初", "counted": "实盘",
    "gap": "差额", "allowed": "容许", "verdict": "结果", "reason": "原因",
}  # fmt: skip
_MONTH = {
    "month": "月份",
    "opening": "期初",
    "gap": "盘点差额",
    "closing": "期末",
    "verdict": "结果",
    "reason": "原因",
}


@bp.get("/ledger")
@login_required
def page() -> str:
    """Spans between counts, the gravest first, and what cannot be told."""
    asked = _asked()
    number = min(max(asking.whole(request.args, "page", 1), 1), 1_000_000)
    view = ledger_view(
        current_workspace(), current_viewer(), asked, first=(number - 1) * PAGE_ROWS, most=PAGE_ROWS
    )
    pages = max(-(-view.matching // PAGE_ROWS), 1)
    return render_template(
        "ledger.html", view=view, asked=asked, verdicts=VERDICTS, number=min(number, pages), pages=pages
    )


@bp.get("/ledger.csv")
@login_required
def table() -> Response:
    """All spans asked for."""
    frame, _ = spans_seen(current_workspace(), current_viewer(), _asked())
    return _csv(frame, [*_PLACE, "opened_at", "closed_at", "opening", *KINDS, *list(_SPAN)[3:]], "ledger")


@bp.get("/pharmacies/<license_no>/ledger")
@login_required
def shop(license_no: str) -> str:
    """A shop's month, shelf by shelf with its arithmetic."""
    month = asking.words(request.args, "month")
    view = shop_ledger(current_workspace(), current_viewer(), license_no, month)
    return render_template("shop_ledger.html", view=view, kinds=KINDS)


@bp.get("/pharmacies/<license_no>/ledger.csv")
@login_required
def shop_table(license_no: str) -> Response:
    """All months of a shop."""
    months, _ = shop_tables(current_workspace(), current_viewer(), license_no)
    return _csv(months, [*_PLACE, "month", "opening", *KINDS, *list(_MONTH)[2:]], "shop-ledger")


@bp.get("/drugs/<drug_code>/way")
@login_required
def way(drug_code: str) -> str:
    """The way of a drug, or of the lot that is asked for."""
    view = _way(drug_code)
    flows = [(str(a), str(b), float(c)) for a, b, c in view.flows.itertuples(index=False)]
    picture = laid_out(flows, _COLUMNS, lambda node: node_name(view, node))
    spot = locator.drawn(view.place) if view.place is not None else None
    return render_template(
        "drug_way.html", view=view, picture=picture, spot=spot, dots=_dots(view, spot),
        node_name=lambda node: node_name(view, node),
    )  # fmt: skip


@bp.get("/drugs/<drug_code>/way.csv")
@login_required
def way_table(drug_code: str) -> Response:
    """The flows of a way."""
    view = _way(drug_code)
    frame = pd.DataFrame(
        {
            say("从"): [node_name(view, one) for one in view.flows["source"]],
            say("到"): [node_name(view, one) for one in view.flows["target"]],
            say("盒数"): view.flows["packs"],
        }
    )
    return _sent(frame, "drug-way")


def node_name(view: DrugWay, node: str) -> str:
    """What a box of the picture is called."""
    kind, _, key = node.partition(":")
    if kind == END:
        return term_of(f"way.{key}")
    if key in ("*", "?", "!", ">"):
        special = {"?": "supplier_unknown", "!": "no_source", ">": "moved_in", "*": "other_shops"}
        return term_of(f"way.{special[key]}") if kind == SHOP or key != "*" else say("其余供货方")
    return view.names.get(key, key)


def _way(drug_code: str) -> DrugWay:
    asked = request.args
    return drug_way(
        current_workspace(), current_viewer(), drug_code, asking.words(asked, "lot"),
        since=asking.day(asked, "since"), until=asking.day(asked, "until"),
    )  # fmt: skip


def _dots(view: DrugWay, spot: locator.Drawn | None) -> tuple[Sequence[object], Sequence[object]]:
    """Circles of shops by what they sold, and lines of transfers between those drawn."""
    if spot is None:
        return (), ()
    most = max(view.sold.values(), default=1.0) or 1.0
    at = {license_no: (x, y) for x, y, license_no, _ in spot.points}
    circles = [
        (
            x,
            y,
            round(4 + 10 * (max(view.sold.get(one, 0.0), 0.0) / most) ** 0.5, 1),
            name,
            view.sold.get(one, 0.0),
        )
        for x, y, one, name in spot.points
    ]
    lines = [(*at[a], *at[b], packs) for a, b, packs in view.moved if a in at and b in at]
    return circles, lines


def _asked() -> Asked:
    given = request.args
    verdict = asking.words(given, "verdict")
    return Asked(
        verdict if verdict in VERDICTS else "", asking.words(given, "drug"), asking.words(given, "q")
    )


def _csv(frame: pd.DataFrame, columns: Sequence[str], name: str) -> Response:
    titles = {**_PLACE, **_SPAN, **(_MONTH if "month" in columns else {})}
    made = frame[list(columns)].copy()
    made["verdict"] = [term_of(f"balance.{one}") for one in made["verdict"]]
    made["reason"] = [term_of(f"why_unknown.{one}") if one else "" for one in made["reason"]]
    heads = {one: say(titles[one]) if one in titles else term_of(f"entry.{one}") for one in columns}
    return _sent(made.rename(columns=heads), name)


def _sent(frame: pd.DataFrame, name: str) -> Response:
    text = exported_frame(frame).to_csv(index=False, lineterminator="\r\n")
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + text, mimetype="text/csv", headers=headers)
