"""Open data: the public register to take away whole, with its terms and date, and a feed of its changes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from xml.sax.saxutils import escape

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from webapp import asking
from webapp.context import current_workspace
from webapp.reading import is_big
from yaotong import clock
from yaotong.cells import exported
from yaotong.reads import opendata
from yaotong.reads.opendata import COLUMNS, Change
from yaotong.workspace import Workspace

bp = Blueprint("opendata", __name__)
_ATOM_TITLES = {"added": "新登记", "changed": "登记有变动", "removed": "不再在营"}


@bp.get("/opendata")
def page() -> str:
    """What there is to take, under which licence, and how fresh."""
    workspace = current_workspace()
    count = opendata.page_of(workspace, today=clock.now().date(), limit=1).matched
    return render_template(
        "opendata.html",
        terms=workspace.settings.publication,
        count=count,
        updated_on=opendata.updated_on(workspace),
        version=opendata.version(workspace),
        big=is_big(),
    )


@bp.get("/opendata/pharmacies.geojson")
def geojson() -> Response:
    """All licensed pharmacies as one FeatureCollection, sent as it is made."""
    workspace, today = current_workspace(), clock.now().date()
    return _taken(workspace, _geojson(workspace, today), "application/geo+json", "pharmacies.geojson")


@bp.get("/opendata/pharmacies.csv")
def table() -> Response:
    """The same as a table with a BOM, for spreadsheets."""
    workspace, today = current_workspace(), clock.now().date()
    return _taken(workspace, _csv(workspace, today), "text/csv; charset=utf-8", "pharmacies.csv")


@bp.get("/opendata/changes.json")
def changes() -> Response:
    """What changed after `since`, and the `since` to ask with next."""
    asked = request.args
    since = asking.whole(asked, "since", 0)
    limit = asking.whole(asked, "limit", opendata.MOST_CHANGES)
    found = opendata.changes_since(current_workspace(), since, limit=limit)
    return jsonify(
        since=since,
        next_since=found.next_since,
        more=found.more,
        changes=[_told(one) for one in found.changes],
        license=current_workspace().settings.publication.licence or None,
    )


@bp.get("/opendata/changes.atom")
def feed() -> Response:
    """The last hundred changes for any reader of feeds (RFC 4287)."""
    found = opendata.newest_changes(current_workspace())
    here = url_for("opendata.feed", _external=True)
    updated = f"{found[0].at:%Y-%m-%dT%H:%M:%S}+08:00" if found and found[0].at else "1970-01-01T00:00:00Z"
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>药店名录的变动</title><id>{escape(here)}</id><updated>{updated}</updated>"
        f'<link rel="self" href="{escape(here)}"/><author><name>云药通</name></author>'
    )
    return Response(f"{head}{''.join(_entry(one) for one in found)}</feed>", mimetype="application/atom+xml")


def _entry(one: Change) -> str:
    where = url_for("ogc.item", name="pharmacies", license_no=one.license_no, _external=True)
    at = f"{one.at:%Y-%m-%dT%H:%M:%S}+08:00" if one.at else "1970-01-01T00:00:00Z"
    return (
        f"<entry><id>{escape(where)}?v={one.version}</id><updated>{at}</updated>"
        f"<title>{_ATOM_TITLES[one.change]} {escape(one.license_no)}</title>"
        f'<link href="{escape(where)}"/></entry>'
    )


def _told(one: Change) -> dict[str, object]:
    gone = one.change == "removed"
    where = None if gone else url_for("ogc.item", name="pharmacies", license_no=one.license_no)
    at = f"{one.at.isoformat()}+08:00" if one.at else None
    return {
        "version": one.version,
        "at": at,
        "license_no": one.license_no,
        "change": one.change,
        "item": where,
    }


def _geojson(workspace: Workspace, today: date) -> Iterator[str]:
    terms = workspace.settings.publication
    head = {
        "type": "FeatureCollection",
        "license": terms.licence or None,
        "attribution": terms.publisher or workspace.settings.title,
        "updated": opendata.updated_on(workspace),
        "version": opendata.version(workspace),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "features": ['
    for number, one in enumerate(opendata.features_of(workspace, today=today)):
        yield (",\n" if number else "") + json.dumps(one, ensure_ascii=False, separators=(",", ":"))
    yield "]}\n"


def _csv(workspace: Workspace, today: date) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writeheader()
    yield out.getvalue()
    for row in opendata.rows_of(workspace, today=today):
        out.seek(0)
        out.truncate()
        # What a spreadsheet would take for a formula is told as text.
        writer.writerow({name: exported(one) for name, one in row.items()})
        yield out.getvalue()


def _taken(workspace: Workspace, parts: Iterator[str], media: str, name: str) -> Response:
    response = Response(_together(parts), content_type=media)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    terms = workspace.settings.publication
    if terms.licence_url:
        response.headers["Link"] = f'<{terms.licence_url}>; rel="license"'
    response.headers["X-Data-Version"] = str(opendata.version(workspace))
    return response


def _together(parts: Iterator[str]) -> Iterator[str]:
    """Many short parts as few long ones."""
    held: list[str] = []
    for part in parts:
        held.append(part)
        if len(held) == 2_000:
            yield "".join(held)
            held.clear()
    yield "".join(held)
