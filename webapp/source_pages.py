"""Sources: sending files, their receipts, who sent what, and what does not fit together."""

from __future__ import annotations

import threading
from datetime import date, datetime
from pathlib import Path

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_login import login_required
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from webapp import reasons
from webapp.context import current_lang, current_viewer, current_workspace
from webapp.words import say
from yaotong import acts, clock
from yaotong.acts.handover import make_ready
from yaotong.acts.limits import limits_of
from yaotong.acts.profiles import profile_titles
from yaotong.codes import Outcome
from yaotong.errors import Forbidden, NotFound, StoreError, UsageError
from yaotong.reads import receipts, sources
from yaotong.records import FEEDS, Receipt

bp = Blueprint("sources", __name__)
PAGE_ROWS = 50
REFUSED_ROWS = 200
ASIDE = "X-Yaotong-Inline"
ON_BAD_ROWS = ("partial", "atomic")
MAX_KEY_CHARS = 128
MAX_NAME_CHARS, MAX_NAME_BYTES = 120, 240


@bp.get("/sources")
@login_required
def page() -> str:
    """Send files, see what came in, and what does not fit."""
    workspace, viewer = current_workspace(), current_viewer()
    asked, number = _asked(), _page_number()
    if viewer.covers(None):  # who may send a file soon does
        threading.Thread(target=make_ready, daemon=True).start()
    found = receipts.history(workspace, viewer, asked, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS)
    return render_template(
        "sources.html",
        history=found,
        asked=asked,
        number=number,
        pages=-(-found.total // PAGE_ROWS),
        quality=sources.quality(workspace, viewer),
        feeds=FEEDS,
        outcomes=tuple(Outcome),
        profiles=profile_titles(),
        may_send=viewer.covers(None),
        max_bytes=limits_of(workspace.settings).file_bytes,  # a larger one need not be sent first
        aside=ASIDE,
    )


@bp.get("/sources/<int(max=9223372036854775807):load_id>")
@login_required
def receipt(load_id: int) -> str:
    """One receipt as a page."""
    reason, number = request.args.get("reason", ""), _page_number()
    view = receipts.receipt_view(
        current_workspace(),
        current_viewer(),
        load_id,
        reason=reason,
        limit=REFUSED_ROWS,
        offset=(number - 1) * REFUSED_ROWS,
    )
    pages = -(-view.matching // REFUSED_ROWS)
    return render_template("receipt.html", view=view, reason=reason, number=number, pages=pages, **_help())


@bp.get("/sources/<int(max=9223372036854775807):load_id>/rejects.csv")
@login_required
def rejects(load_id: int) -> Response:
    """The refused rows with their source as a table, to be mended and sent again."""
    path = receipts.reject_file(current_workspace(), current_viewer(), load_id)
    name = f"{load_id}-rejects.csv"
    return send_file(path.resolve(), mimetype="text/csv", as_attachment=True, download_name=name)


@bp.post("/sources")
@login_required
def send() -> Response | str:
    """Take the files of the form: one leads to its receipt, several to the list; a script gets the slip."""
    given: list[FileStorage | None] = [one for one in request.files.getlist("file") if one.filename]
    numbers = [_take_numbered(one)[1] for one in given or [None]]
    if ASIDE in request.headers:
        view = receipts.receipt_view(current_workspace(), current_viewer(), numbers[0])
        return render_template("slip.html", view=view, **_help())
    if len(numbers) == 1:
        return redirect(url_for("sources.receipt", load_id=numbers[0]))
    flash(f"{say('已读完的文件：')}{len(numbers)}", "good")
    return redirect(url_for("sources.page"))


@bp.post("/api/v1/feeds/<feed>")
@login_required
def api(feed: str) -> tuple[Response, int]:
    """Upload by program: the receipt, 200 when the file was taken and 422 when it was refused."""
    if feed not in FEEDS:
        raise NotFound(f"没有数据种类 {feed}。可用：{'、'.join(FEEDS)}")
    taken, _ = take(request.files.get("file"), feed, once=_idempotency_key())
    return jsonify(taken.as_dict()), 422 if taken.file_reason else 200


def _take_numbered(upload: FileStorage | None) -> tuple[Receipt, int]:
    form = request.form
    profile = form.get("profile") or "auto"
    if profile != "auto" and profile not in profile_titles():
        raise UsageError(f"没有名为 {profile} 的来源对照。")
    taken, now = take(upload, form.get("feed") or None, profile, form.get("on_bad_rows") or "partial")
    number = receipts.receipt_number(
        current_workspace(), taken, sent_by=current_viewer().username, arrived_at=now
    )
    return taken, number


def _idempotency_key() -> str | None:
    """The sender's own key of this sending; UsageError when it cannot be kept."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > MAX_KEY_CHARS or not key.isprintable():
        raise UsageError(f"Idempotency-Key 应为不超过 {MAX_KEY_CHARS} 个可见字符。")
    return key or None


def take(
    upload: FileStorage | None,
    feed: str | None,
    profile: str = "auto",
    on_bad_rows: str = "partial",
    once: str | None = None,
) -> tuple[Receipt, datetime]:
    """Take an uploaded file in under its own name: its receipt, and when it came.

    UsageError without a file; Forbidden to an office of one town: a file speaks of the whole county.
    """
    if not current_viewer().covers(None):
        raise Forbidden("数据文件由县级及以上账号接收。请交给本部门的县级账号。")
    if upload is None or not upload.filename:
        raise UsageError("请选择一个文件。")
    if feed is not None and feed not in FEEDS:
        raise UsageError(f"没有数据种类 {feed}。")
    if on_bad_rows not in ON_BAD_ROWS:
        raise UsageError("有坏行时只能选“收下好行”或“整份不收”。")
    now = clock.now()
    with acts.room_for_upload(current_workspace()) as folder:
        path = folder / safe_name(upload.filename)
        _saved(upload, path)
        taken = acts.take_in(
            current_workspace(),
            path,
            feed=feed,
            profile=profile,
            on_bad_rows=on_bad_rows,
            sent_by=current_viewer().username,
            origin=current_viewer().origin,
            now=now,
            once=once,
        )
    return taken, now


def _saved(upload: FileStorage, path: Path) -> None:
    try:
        upload.save(path)
    except OSError as error:
        raise StoreError(f"文件没有存下：{error.strerror}。请清出磁盘空间后重送。") from error


def safe_name(given: str) -> str:
    """The last part of a file name, without what could lead out of a folder, and as long as a disk takes."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1].strip().lstrip(".")
    kept = "".join(one for one in name if one.isprintable() and one not in '<>:"|?*')
    end = kept.encode("utf-8", "replace")[-MAX_NAME_BYTES:]
    return end.decode("utf-8", "ignore")[-MAX_NAME_CHARS:] or "upload"


def _help() -> dict[str, object]:
    """What slips and receipts need to speak of reasons; a message that tells the remedy needs no second."""
    return {
        "reason_title": reasons.title,
        "reason_remedy": reasons.remedy,
        "spoken": reasons.spoken,
        "profiles": profile_titles(),
        "tells_remedy": lambda message: current_lang() == "zh" and "请" in message,
    }


def _asked() -> receipts.Asked:
    asked = request.args
    return receipts.Asked(
        feed=asked.get("feed", "")[:32],
        outcome=asked.get("outcome", "")[:16],
        sender=asked.get("sender", "")[:64],
        since=_day("since"),
        until=_day("until"),
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("日期应写作 2026-06-30 的样子。") from error


def _page_number() -> int:
    return min(max(request.args.get("page", 1, type=int), 1), 1_000_000)
