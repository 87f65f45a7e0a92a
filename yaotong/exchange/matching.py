"""Match buyers whose joint total reaches a threshold, and tell nothing of any other; see protocol.md.

One buyer's total is told in steps, 1 to T. Whoever asks puts a buyer into the group of its own steps; whoever
answers puts a buyer into the group of every count that would, with its own, reach T. Each group is a private
set intersection of its own, with keys of its own: who is in both sides' group j reaches T together.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from yaotong.exchange.group import (
    POINT_BYTES,
    BadPoint,
    new_points,
    new_scalar,
    point_of,
    products,
    split,
)

MOST_STEPS = 16
_LEAST = 64
TOKEN_HEX = 32

Groups = Mapping[int, bytes]  # steps → points one after the other


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody by pseudonym, the sealed element once opened, and the total in steps (1 to T)."""

    key: str
    uniform: bytes = field(repr=False)
    steps: int


@dataclass(frozen=True, slots=True)
class Side:
    """What one side made for one run: fresh keys, blinded points, and whose each point is (None: padding)."""

    keys: Mapping[int, bytes] = field(repr=False)
    points: Groups
    owners: Mapping[int, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """A buyer both sides have, by the group it met in, the other's place there, and the shared name."""

    token: str
    key: str
    steps: int
    place: int


def padded(count: int) -> int:
    """How many points stand for `count`: at least 64, then eight sizes from one power of two to the next.

    So a group's size tells the number of its people to an eighth.
    """
    grain = max(_LEAST, 1 << max((count - 1).bit_length() - 4, 0)) if count else _LEAST
    return max(_LEAST, -(-count // grain) * grain)


def asking(buyers: Sequence[Buyer], threshold: int) -> Side:
    """The side that asks: each buyer once, in the group of its own steps."""
    return _side([(min(one.steps, threshold), one) for one in buyers], threshold)


def answering(buyers: Sequence[Buyer], threshold: int) -> Side:
    """The side that answers: each buyer in every group that reaches the threshold with its own."""
    wanted = ((steps, one) for one in buyers for steps in range(max(1, threshold - one.steps), threshold + 1))
    return _side(list(wanted), threshold)


def blinded_again(side: Side, theirs: Groups, threshold: int) -> dict[int, bytes]:
    """The other side's points under this side's keys too, in the order they came. BadPoint as `check`."""
    check(theirs, threshold)
    steps = sorted(theirs)
    return dict(zip(steps, products([(side.keys[one], theirs[one]) for one in steps]), strict=True))


def check(theirs: Groups, threshold: int) -> None:
    """BadPoint unless there is each group once, with as many points as padding makes, none of them twice."""
    if sorted(theirs) != list(range(1, threshold + 1)):
        raise BadPoint("a group is missing")
    for points in theirs.values():
        single = split(points)
        if len(single) != padded(len(single)) or len(set(single)) != len(single):
            raise BadPoint("a group is not padded, or says a point twice")


def met(run: str, side: Side, mine: Groups, theirs: Groups) -> list[Match]:
    """Who of `side` is in both: `mine` are its own points and `theirs` the other's, all under both keys."""
    found = []
    for steps, owners in side.owners.items():
        places = {one: place for place, one in enumerate(split(theirs[steps]))}
        for owner, point in zip(owners, split(mine[steps]), strict=True):
            if owner is not None and point in places:
                found.append(Match(token_of(run, steps, point), owner, steps, places[point]))
    return found


def token_of(run: str, steps: int, point: bytes) -> str:
    """The name both sides know a match by; made under both sides' passing keys, it tells nothing."""
    told = b"|".join((b"yaotong match", run.encode(), str(steps).encode(), point))
    return hashlib.sha256(told).hexdigest()[:TOKEN_HEX]


def packed(groups: Groups) -> bytes:
    """Groups as bytes: for each steps from 1 the count of points (4 bytes, big-endian), then them."""
    parts = []
    for steps in sorted(groups):
        parts += [(len(groups[steps]) // POINT_BYTES).to_bytes(4, "big"), groups[steps]]
    return b"".join(parts)


def unpacked(told: bytes, threshold: int) -> tuple[dict[int, bytes], bytes]:
    """Groups 1 to `threshold` from the start of bytes, and the rest; BadPoint when they end before."""
    groups, at = {}, 0
    for steps in range(1, threshold + 1):
        size = int.from_bytes(told[at : at + 4], "big") * POINT_BYTES
        groups[steps] = told[at + 4 : at + 4 + size]
        at += 4 + size
        if len(groups[steps]) != size or at > len(told):
            raise BadPoint("a group is cut short")
    return groups, told[at:]


def _side(wanted: Sequence[tuple[int, Buyer]], threshold: int) -> Side:
    if not 2 <= threshold <= MOST_STEPS:
        raise ValueError(f"a threshold has 2 to {MOST_STEPS} steps, not {threshold}")
    elements = {one.key: point_of(one.uniform) for _, one in wanted}
    chance, owners, plain = secrets.SystemRandom(), {}, []
    for steps in range(1, threshold + 1):
        group = [(one.key, elements[one.key]) for mine, one in wanted if mine == steps]
        owners[steps], points = _mixed(group, chance)
        plain.append(points)
    keys = {steps: new_scalar() for steps in owners}
    made = products(list(zip(keys.values(), plain, strict=True)))
    return Side(keys, dict(zip(keys, made, strict=True)), owners)


def _mixed(group: Sequence[tuple[str, bytes]], chance: random.Random) -> tuple[tuple[str | None, ...], bytes]:
    """A group padded with points of nobody, in an order of chance."""
    full: list[tuple[str | None, bytes]] = list(group)
    full += [(None, one) for one in new_points(padded(len(group)) - len(group))]
    chance.shuffle(full)
    return tuple(owner for owner, _ in full), b"".join(point for _, point in full)
