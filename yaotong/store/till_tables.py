"""The table of what tills asked: no buyer, no pseudonym, only what was asked of which drug and the answer."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Float, Index, Integer, String, Table

from yaotong.store.metadata import metadata

till_question = Table(
    "till_question",
    metadata,
    Column("question_id", Integer, primary_key=True),
    Column("asked_at", DateTime, nullable=False),
    Column("pharmacy_id", String(128), nullable=False),
    Column("drug_code", String(128), nullable=False),
    Column("packs", Float, nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("data_version", Integer, nullable=False),
    Index(None, "asked_at"),
)
