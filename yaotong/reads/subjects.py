"""How the subject of an alert is called on a screen. A buyer is only ever a short pseudonym."""

from __future__ import annotations

from collections.abc import Mapping


def buyer_label(buyer_key: str) -> str:
    """Four characters of the keyed pseudonym: enough to tell two buyers of a page apart."""
    return f"购药人 {buyer_key.rsplit(':', 1)[-1][:4].upper()}"


def subject_label(
    kind: str, subject: str, shops: Mapping[str, str], areas: Mapping[str, str], buyer_shown: bool = True
) -> str:
    """A name for a subject; names of shops and areas by their codes are given.

    A department that may not see buyers is told only that there is one.
    """
    if kind == "buyer":
        return buyer_label(subject) if buyer_shown else "一名购药人"
    if kind == "pharmacy":
        return shops.get(subject, subject)
    if kind == "area":
        return areas.get(subject, subject)
    if kind == "trace_code":
        return f"追溯码 {subject[:7]}…{subject[-4:]}"
    return subject
