"""What a joint case holds: the form filled at the shop, evidence files, letters and their receipts."""

from __future__ import annotations

import io
import secrets
from datetime import datetime
from typing import Any

import segno
from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_login import login_required
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from webapp import asking
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.faults import kind_of, status_of
from webapp.problems import problem
from webapp.words import say, term_of
from yaotong import clock
from yaotong.acts.joint_letters import Receipt, issue_letter, note_receipt
from yaotong.acts.joint_papers import Sent, add_papers, record_visit
from yaotong.cases.papers import MAX_PAPER_BYTES, MAX_PAPERS
from yaotong.cases.visits import MAX_STOCK_LINES, Counted, Spot, Visit
from yaotong.errors import NotFound, UsageError, YaotongError
from yaotong.reads.joint_view import case_view, letter_file, paper_file, special_drugs

bp = Blueprint("case_papers", __name__)
_FORM_ROWS = 6
_INLINE = ("image/jpeg", "image/png")


@bp.get("/cases/<case_no>/visit")
@login_required
def form(case_no: str) -> str:
    """The form for the phone; `shop` chooses one of the case's."""
    view = case_view(current_workspace(), current_viewer(), case_no, now=clock.now())
    shops = dict(view.row.shops)
    asked = request.args.get("shop", "")
    chosen = asked if asked in shops else next(iter(shops), "")
    return render_template(
        "case_visit.html",
        view=view,
        chosen=chosen,
        code=qr_of(url_for("pharmacies.one", license_no=chosen, _external=True)) if chosen else "",
        key=secrets.token_urlsafe(16),
        drugs=special_drugs(current_workspace()),
        rows=range(_FORM_ROWS),
        max_bytes=MAX_PAPER_BYTES,
        max_photos=min(view.room, MAX_PAPERS),
        who=current_viewer().username,
        lang=current_lang(),
    )


@bp.post("/cases/<case_no>/visit")
@login_required
def visit(case_no: str) -> Response:
    """Take a filled form. A script that asks for JSON is told the number or the problem, a browser led on."""
    scripted = request.accept_mimetypes.best == "application/json"
    try:
        number = record_visit(
            current_workspace(),
            case_no,
            _as_visit(),
            _sent("photos"),
            actor=current_viewer(),
            now=clock.now(),
        )
    except YaotongError as error:
        if scripted:
            status = status_of(error)
            return problem(status, kind_of(status), say("没有收下"), str(error))
        if isinstance(error, NotFound):
            raise
        flash(str(error), "bad")
        return redirect(url_for("case_papers.form", case_no=case_no, shop=request.form.get("shop", "")))
    if scripted:
        return jsonify({"visit_id": number})
    flash(f"{term_of('case_act.visit')} ✓", "good")
    return redirect(url_for("cases.one", case_no=case_no, _anchor="visits"))


@bp.post("/cases/<case_no>/papers")
@login_required
def add(case_no: str) -> Response:
    """Take evidence files in."""
    return _say_and_back(
        case_no,
        "papers",
        lambda: add_papers(
            current_workspace(), case_no, _sent("files"), actor=current_viewer(), now=clock.now()
        ),
    )


@bp.get("/cases/<case_no>/papers/<int:paper_id>")
@login_required
def paper(case_no: str, paper_id: int) -> Response:
    """One evidence file; only photos show in the browser, the rest is saved."""
    name, media, content = paper_file(current_workspace(), current_viewer(), case_no, paper_id)
    return send_file(
        io.BytesIO(content), mimetype=media, as_attachment=media not in _INLINE, download_name=name
    )


@bp.post("/cases/<case_no>/letters")
@login_required
def issue(case_no: str) -> Response:
    """Issue a transfer to the police."""
    text = request.form.get("text", "")
    return _say_and_back(
        case_no,
        "letters",
        lambda: issue_letter(
            current_workspace(), case_no, actor=current_viewer(), text=text, now=clock.now()
        ),
    )


@bp.get("/cases/<case_no>/letters/<int:letter_id>.<kind>")
@login_required
def letter(case_no: str, letter_id: int, kind: str) -> Response:
    """A letter as it was issued, docx or pdf."""
    name, media, content = letter_file(current_workspace(), current_viewer(), case_no, letter_id, kind)
    return send_file(io.BytesIO(content), mimetype=media, as_attachment=True, download_name=name)


@bp.post("/cases/<case_no>/letters/<int:letter_id>/receipt")
@login_required
def receipt(case_no: str, letter_id: int) -> Response:
    """Record the receipt of a letter."""

    def note() -> None:
        on = asking.day(request.form, "on")
        if on is None:
            raise UsageError(say("请写明收件的日子。"))
        given = Receipt(request.form.get("no", ""), on, request.form.get("giver", ""))
        note_receipt(current_workspace(), case_no, letter_id, given, actor=current_viewer(), now=clock.now())

    return _say_and_back(case_no, "letters", note)


def qr_of(address: str) -> str:
    """A QR code as the address of an image that holds it, dark on light with its quiet zone."""
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff"))


def _say_and_back(case_no: str, part: str, act: Any) -> Response:
    """Do something, say how it went, and lead back to where it was asked for."""
    try:
        act()
    except NotFound:
        raise
    except YaotongError as error:
        flash(str(error), "bad")
    else:
        flash(say("已记入案件。"), "good")
    return redirect(url_for("cases.one", case_no=case_no, _anchor=part))


def _sent(name: str) -> list[Sent]:
    """The files of a field, each read no further than one byte beyond what may be kept."""
    given = [one for one in request.files.getlist(name) if one.filename]
    if len(given) > MAX_PAPERS:
        raise UsageError(f"一个案件最多 {MAX_PAPERS} 份材料。")
    return [Sent(str(one.filename), _content(one)) for one in given]


def _content(file: FileStorage) -> bytes:
    return file.stream.read(MAX_PAPER_BYTES + 1)


def _as_visit() -> Visit:
    given = request.form
    return Visit(
        license_no=given.get("shop", ""),
        visited_at=_moment(given.get("visited_at", "")),
        text=given.get("text", ""),
        stock=_stock(),
        spot=_spot(),
        key=request.headers.get("Idempotency-Key", "").strip() or given.get("key", ""),
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)
    except ValueError as error:
        raise UsageError("检查时间应写作 2026-03-02T09:30 的样子。") from error


def _stock() -> tuple[Counted, ...]:
    given = request.form
    lines = [given.getlist(name) for name in ("drug", "counted", "booked")]
    if len({len(one) for one in lines}) != 1 or len(lines[0]) > MAX_STOCK_LINES + _FORM_ROWS:
        raise UsageError(f"盘点最多 {MAX_STOCK_LINES} 行，每行三格。")
    told = [tuple(cell.strip() for cell in line) for line in zip(*lines, strict=True)]
    return tuple(
        Counted(drug, _packs(drug, counted), _packs(drug, booked) if booked else None)
        for drug, counted, booked in told
        if drug or counted or booked
    )


def _packs(drug: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise UsageError(f"{drug or '盘点'}的盒数应为整数，现在是“{text[:20]}”。")
    return int(text)


def _spot() -> Spot | None:
    lon, lat = asking.number(request.form, "lon"), asking.number(request.form, "lat")
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise UsageError("位置要同时有经度和纬度。")
    return Spot(lon, lat, asking.number(request.form, "accuracy_m"))
