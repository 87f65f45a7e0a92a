"""Agreements with other regions, runs of the matching, who was matched, and hand-overs of cases."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from yaotong.store.metadata import metadata

exchange_agreement = Table(
    "exchange_agreement",
    metadata,
    Column("agreement_id", String(40), primary_key=True),
    # The signed agreement as JSON.
    Column("text", Text, nullable=False),
    Column("added_at", DateTime, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("revoked_at", DateTime),
    Column("revoked_by", String(64)),
)

exchange_run = Table(
    "exchange_run",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("agreement_id", String(40), ForeignKey("exchange_agreement.agreement_id"), nullable=False),
    # asking or answering.
    Column("part", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("by", String(64), nullable=False),
    # Our buyers that took part, and those of the window who have no sealed element.
    Column("people", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("matches", Integer),
    Column("seconds", Float),
    # Of a run that waits for the other side: whose each of our points is, or the message to send again.
    Column("waiting", LargeBinary),
    Index(None, "agreement_id", "at"),
)

# A buyer whose total here and there reaches the threshold. `their_steps` is NULL until they told it.
exchange_match = Table(
    "exchange_match",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("run_id", String(32), ForeignKey("exchange_run.run_id"), nullable=False),
    Column("buyer_key", String(64), nullable=False),
    Column("steps", Integer, nullable=False),
    Column("their_steps", Integer),
    Column("matched_at", DateTime, nullable=False),
    Index(None, "run_id"),
    Index(None, "buyer_key"),
)

# The matches that both sides have confirmed, as a register of the facts: what the rules see.
cross_match = Table(
    "cross_match",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("token", String(32), nullable=False),
    Column("buyer_key", String(64), nullable=False),
    Column("region", String(9), nullable=False),
    Column("categories", Text, nullable=False),
    Column("window_since", Date, nullable=False),
    Column("window_until", Date, nullable=False),
    Column("measure", String(8), nullable=False),
    Column("total", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("row_sha", String(32), nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("until_version", Integer),
    Index(None, "token"),
)

# A case handed over: both regions hold the same rows of events, each with the hash of the one before it.
exchange_case = Table(
    "exchange_case",
    metadata,
    Column("case_id", String(32), primary_key=True),
    Column("agreement_id", String(40), ForeignKey("exchange_agreement.agreement_id"), nullable=False),
    Column("token", String(32), ForeignKey("exchange_match.token"), nullable=False),
    # giver or receiver: which part this region has.
    Column("part", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    # Our next event while the other side has not confirmed it, as JSON, and how often it was sent.
    Column("pending", Text),
    Column("tries", Integer, nullable=False),
    Index(None, "state"),
)

exchange_event = Table(
    "exchange_event",
    metadata,
    Column("case_id", String(32), ForeignKey("exchange_case.case_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("region", String(9), nullable=False),
    Column("act", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("text", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)
