"""How the subject of an alert is called on a screen. A person is only ever a short pseudonym."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

_HIDDEN = {"buyer": "一名购药人", "pharmacy": "一家药店", "trace_code": "一个追溯码"}


def buyer_label(buyer_key: str, reader: str = "") -> str:
    """Four characters: enough to tell two buyers of a page apart.

    Each department (`reader`) has characters of its own for a person, so that two departments' papers
    cannot be laid side by side to follow somebody; see `acts/purposes.py` for when they may.
    """
    return f"购药人 {_mark(buyer_key, reader)}"


def _mark(key: str, reader: str) -> str:
    if not reader:
        return key.rsplit(":", 1)[-1][:4].upper()
    return hashlib.blake2b(f"{reader}|{key}".encode(), digest_size=2).hexdigest().upper()


def is_hidden(kind: str, shown: Collection[str]) -> bool:
    """Whether somebody with these fields is told only that there is a subject of this kind."""
    return kind in _HIDDEN and kind not in shown


def subject_label(
    kind: str,
    subject: str,
    shops: Mapping[str, str],
    areas: Mapping[str, str],
    shown: Collection[str],
    reader: str = "",
) -> str:
    """A name for a subject; names of shops and areas by their codes are given.

    A department (`reader`) whose `shown` fields lack the subject's is told only that there is one.
    """
    if is_hidden(kind, shown):
        return _HIDDEN[kind]
    if kind == "buyer":
        return buyer_label(subject, reader)
    if kind == "pharmacy":
        return shops.get(subject, subject)
    if kind == "prescriber":
        return f"医师 {_mark(subject, reader)}"
    if kind == "drug":
        area, _, drug = subject.partition(":")
        return f"{areas.get(area, area)} {drug}"
    if kind == "account":
        return f"账号 {subject}"
    if kind == "area":
        return areas.get(subject, subject)
    if kind == "trace_code":
        return f"追溯码 {subject[:7]}…{subject[-4:]}"
    return subject
