"""Why alerts call nobody, as a viewer is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from yaotong.rules.book import book
from yaotong.store import Connection, silences
from yaotong.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Muted:
    """A silence of a department, or another alert; and the last behaviour day that it reaches.

    Which alert it is, is told only to those who were told of that one.
    """

    until: date
    department: str = ""
    source_id: str = ""
    source_zh: str = ""
    source_en: str = ""


def muted_of(connection: Connection, viewer: Viewer, alert_ids: Collection[str]) -> dict[str, Muted]:
    """Why each of some alerts that is muted is."""
    mutes = silences.mutes_of(connection, alert_ids)
    sources = {one.source_id for one in mutes.values() if one.source_id is not None}
    told = silences.told_of(connection, viewer.department, sources)
    whose = {one.silence_id: one.department for one in silences.every(connection)} if mutes else {}
    found = {}
    for alert_id, mute in mutes.items():
        rule_id, place = told.get(mute.source_id or "", ("", None))
        if mute.silence_id is not None:
            found[alert_id] = Muted(mute.until, department=whose[mute.silence_id])
        elif rule_id and viewer.covers(place):
            rule = book()[rule_id]
            found[alert_id] = Muted(mute.until, "", str(mute.source_id), rule.name_zh, rule.name_en)
        else:
            found[alert_id] = Muted(mute.until)
    return found
