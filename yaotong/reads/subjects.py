"""How the subject of an alert is called on a screen. A person is only ever a short pseudonym."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_HIDDEN = {"buyer": "一名购药人", "pharmacy": "一家药店", "trace_code": "一个追溯码"}


def buyer_label(buyer_key: str) -> str:
    """Four characters of the keyed pseudonym: enough to tell two buyers of a page apart."""
    return f"购药人 {buyer_key.rsplit(':', 1)[-1][:4].upper()}"


def is_hidden(kind: str, shown: Collection[str]) -> bool:
    """Whether somebody with these fields is told only that there is a subject of this kind."""
    return kind in _HIDDEN and kind not in shown


def subject_label(
    kind: str, subject: str, shops: Mapping[str, str], areas: Mapping[str, str], shown: Collection[str]
) -> str:
    """A name for a subject; names of shops and areas by their codes are given.

    A department whose `shown` fields lack the subject's is told only that there is one.
    """
    if is_hidden(kind, shown):
        return _HIDDEN[kind]
    if kind == "buyer":
        return buyer_label(subject)
    if kind == "pharmacy":
        return shops.get(subject, subject)
    if kind == "prescriber":
        return f"医师 {subject.rsplit(':', 1)[-1][:4].upper()}"
    if kind == "drug":
        area, _, drug = subject.partition(":")
        return f"{areas.get(area, area)} {drug}"
    if kind == "area":
        return areas.get(subject, subject)
    if kind == "trace_code":
        return f"追溯码 {subject[:7]}…{subject[-4:]}"
    return subject
