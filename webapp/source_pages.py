"""Sources: receipts, coverage, data quality, and sending a file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from webapp.context import current_viewer, current_workspace
from yaotong import acts, clock
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.reads import sources
from yaotong.records import FEEDS, Receipt

bp = Blueprint("sources", __name__)


@bp.get("/sources")
@login_required
def page() -> str:
    """What came in, who reports, what does not fit."""
    workspace, viewer = current_workspace(), current_viewer()
    covered = [one for one in sources.coverage(workspace) if viewer.covers(one.area_code)]
    return render_template(
        "sources.html",
        receipts=sources.receipts(workspace, 100),
        coverage=covered,
        quality=sources.quality(workspace, viewer),
        feeds=FEEDS,
        may_send=viewer.covers(None),
    )


@bp.get("/sources/<int:load_id>")
@login_required
def receipt(load_id: int) -> str:
    """One receipt as a page."""
    return render_template(
        "receipt.html", receipt=sources.receipt(current_workspace(), load_id), load_id=load_id
    )


@bp.post("/sources")
@login_required
def send() -> Response:
    """Take a file from the form and show its receipt."""
    taken = take(request.files.get("file"), request.form.get("feed") or None)
    newest = sources.receipts(current_workspace(), 1)[0]
    if newest.file != taken.file:
        raise NotFound("回执不见了，请在列表中查找。")
    return redirect(url_for("sources.receipt", load_id=newest.load_id))


@bp.post("/api/v1/feeds/<feed>")
@login_required
def api(feed: str) -> tuple[Response, int]:
    """Upload by program: the receipt, 200 when the file was taken and 422 when it was refused."""
    if feed not in FEEDS:
        raise NotFound(f"没有数据种类 {feed}。可用：{'、'.join(FEEDS)}")
    taken = take(request.files.get("file"), feed)
    return jsonify(taken.as_dict()), 422 if taken.file_reason else 200


def take(upload: FileStorage | None, feed: str | None) -> Receipt:
    """Take an uploaded file in under its own name; UsageError without one.

    Forbidden to an office of one town: a file speaks of the whole county.
    """
    if not current_viewer().covers(None):
        raise Forbidden("数据文件由县级及以上账号接收。请交给本部门的县级账号。")
    if upload is None or not upload.filename:
        raise UsageError("请选择一个文件。")
    if feed is not None and feed not in FEEDS:
        raise UsageError(f"没有数据种类 {feed}。")
    with tempfile.TemporaryDirectory(prefix="yaotong-") as folder:
        path = Path(folder) / safe_name(upload.filename)
        upload.save(path)
        return acts.take_in(
            current_workspace(), path, feed=feed, sent_by=current_viewer().username, now=clock.now()
        )


def safe_name(given: str) -> str:
    """The last part of a file name, without anything that could lead out of a folder."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1].strip().lstrip(".")
    kept = "".join(one for one in name if one.isprintable() and one not in '<>:"|?*')
    return kept[-120:] or "upload"
