"""Keep what is muted true to the alerts and silences as they are, in the transaction that changes either.

While a run goes on, the alerts it touches wait: only at its end are they judged, all together, so the order
in which rules ran decides nothing. A message is written once, when its event is; muting only lets it wait.
"""

from __future__ import annotations

from collections.abc import Collection

from yaotong.alerts.muting import muted
from yaotong.alerts.silence import Mute
from yaotong.reads.muting import inhibitions, may_be_muted, rules_concerned
from yaotong.store import Connection, silences


def hold(connection: Connection, rule_id: str, alert_ids: Collection[str]) -> None:
    """Let the notices of alerts wait for the end of the run, where anything could mute them."""
    if alert_ids and may_be_muted(rule_id, silences.every(connection)):
        silences.hold(connection, alert_ids)


def settle(connection: Connection) -> None:
    """Judge all alerts that anything could mute, at the end of a run; what need not wait goes."""
    known = silences.every(connection)
    faces = silences.faces(connection, rules_concerned(known))
    after = muted(faces, known, inhibitions())
    silences.put_mutes(connection, silences.mutes(connection), after)


def settle_some(
    connection: Connection, rule_ids: Collection[str], subject: str | None = None, *, ran: bool = False
) -> None:
    """Judge the alerts of some rules and what they may mute, of all subjects or of one.

    `ran`: a run over these rules has ended. Alerts that still wait for the end of a run go on waiting,
    unless they are muted.
    """
    known = silences.every(connection)
    about = {*rule_ids, *(each.target for each in inhibitions() if each.source in set(rule_ids))}
    about = {one for one in about if may_be_muted(one, known)}
    if not about:
        return
    touching = [each for each in inhibitions() if each.target in about]
    one_shop = subject if all(each.equal == "pharmacy" for each in touching) else None
    faces = silences.faces(connection, about | {each.source for each in touching}, one_shop)
    mine = {one.alert_id: one.rule_id for one in faces if one.rule_id in about}
    before = {name: mute for name, mute in silences.mutes(connection).items() if name in mine}
    judged = muted(faces, known, inhibitions())
    ended = set(rule_ids) if ran else set()
    waiting = [name for name, mute in before.items() if mute is None and mine[name] not in ended]
    after: dict[str, Mute | None] = dict.fromkeys(waiting)
    after |= {one: judged[one] for one in mine if one in judged}
    silences.put_mutes(connection, before, after)
