"""A version as the publish gate sees it, put together from its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yaotong.departments import departments, lead_of
from yaotong.errors import ConfigError
from yaotong.gate import Proof, Standing, VersionState, backtest_state
from yaotong.rules.book import book
from yaotong.rules.keys import key_of
from yaotong.store import Connection, rulebook


def standing_of(connection: Connection, row: Any, now: datetime) -> Standing:
    """What the gate weighs of a version: where it stands, whose it is, and what it can show."""
    return Standing(
        state=VersionState(row.state),
        author=row.author,
        lead=lead_of(row.rule_id, departments()).department_id,
        approved_by=row.approved_by,
        shadow=row.shadow,
        proof=_proof(connection, row, now),
    )


def trial_of(row: Any) -> Mapping[str, Any]:
    """How the cases of a version went when they were last run; {} before that."""
    return json.loads(row.trial) if row.trial else {}


def version_key(row: Any) -> str:
    """The key of a version under the code of now; "" when the code no longer takes its values."""
    try:
        rule = book()[row.rule_id].at(row.number, rulebook.values_of(row))
    except ConfigError:
        return ""
    return key_of(rule, rule.values())


def _proof(connection: Connection, row: Any, now: datetime) -> Proof:
    """A trial under other code proves nothing, and neither does a back-test against another live version."""
    key = version_key(row)
    done = trial_of(row)
    results = done["results"] if done and done["key"] == key else []
    last = rulebook.backtest(connection, row.rule_id, row.number)
    same = last is not None and bool(key) and last.rule_key == key
    return Proof(
        fires=sum(one["fires"] and one["passed"] for one in results),
        stays=sum(not one["fires"] and one["passed"] for one in results),
        wrong=sum(not one["passed"] for one in results),
        backtest="" if last is None else backtest_state(last.state, last.beat_at, now),
        fresh=same and last is not None and last.against == _live(connection, row),
    )


def _live(connection: Connection, row: Any) -> int:
    tuned = rulebook.live(connection).get(row.rule_id)
    return tuned.number if tuned is not None else book()[row.rule_id].version
