"""The ledger against a plain dictionary, and fingerprints against a plain sum of plain hashes."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intake.test_kernels import plain_siphash
from yaotong.intake.core.lanes import Fingerprints, Lanes, lanes_of
from yaotong.intake.core.ledger import UNDATED, Ledger, Status

SECRET = b"a secret that is only for tests."
lines = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from([UNDATED, 1, 2])), max_size=30
)


def _lanes(numbers: list[int]) -> Lanes:
    # Keys that differ in one lane only, and keys that fall on the same slot.
    first = np.array([(one // 2) << 40 for one in numbers], dtype=np.uint64)
    return Lanes(first, np.array([one % 2 for one in numbers], dtype=np.uint64))


def _columns(some: list[tuple[int, int, int]]) -> tuple[Lanes, Lanes, np.ndarray]:
    content = np.array([said * 10 + key for key, said, _ in some], dtype=np.uint64)
    recorded = np.array([at for _, _, at in some], dtype=np.int64)
    return _lanes([key for key, _, _ in some]), Lanes(content, content), recorded


def _plain(some: list[tuple[int, int, int]], learned: dict[tuple[int, int], int]) -> list[Status]:
    kept: dict[int, dict[int, int]] = {}
    answers = []
    for key, said, at in some:
        known = kept.setdefault(key, {})
        if said in known:
            answers.append(Status.REPEAT)
        elif (key, said) in learned:
            answers.append(Status.KNOWN)
            known[said] = learned[key, said]
        elif at in known.values():
            answers.append(Status.CONFLICT)
        else:
            answers.append(Status.WORDING if known else Status.FRESH)
            known[said] = at
    return answers


def _first_said(some: list[tuple[int, int, int]]) -> dict[tuple[int, int], int]:
    return {(key, said): at for key, said, at in reversed(some)}


@given(learned=lines, blocks=st.lists(lines, max_size=4), stored=lines)
@settings(deadline=None)
def test_the_ledger_agrees_with_a_dictionary(
    learned: list[tuple[int, int, int]],
    blocks: list[list[tuple[int, int, int]]],
    stored: list[tuple[int, int, int]],
) -> None:
    ledger = Ledger()
    ledger.learn(*_columns(learned))
    found = [status for block in blocks for status in ledger.add(*_columns(block)).status.tolist()]
    every = [line for block in blocks for line in block]
    plain = _plain(every, _first_said(learned))
    assert found == plain
    kept = [
        line[:2]
        for line, status in zip(every, plain, strict=True)
        if status in (Status.FRESH, Status.WORDING)
    ]
    places, entries = ledger.meet(*_columns(stored)[:2])
    own = ledger.count - len(kept)
    rivals = {
        tuple(stored[place][:2]): kept[entry - own]
        for place, entry in zip(places.tolist(), entries.tolist(), strict=True)
    }
    assert set(rivals) == {(k, s) for k, s, _ in stored if any(k == key and s != said for key, said in kept)}
    assert all(key == one[0] and said != one[1] for one, (key, said) in rivals.items())
    assert [kept[entry - own] for entry in np.flatnonzero(ledger.stored)] == [
        one for one in kept if one in {(k, s) for k, s, _ in stored}
    ]


def test_the_ledger_grows_past_its_first_room() -> None:
    ledger, rng = Ledger(), np.random.default_rng(3)
    key = Lanes(
        rng.integers(0, 2**63, 200_000, dtype=np.uint64), rng.integers(0, 2**63, 200_000, dtype=np.uint64)
    )
    undated = np.full(200_000, UNDATED)
    for start in range(0, 200_000, 50_000):
        part = slice(start, start + 50_000)
        some = Lanes(key.first[part], key.second[part])
        assert (ledger.add(some, some, undated[part]).status == Status.FRESH).all()
    again = ledger.add(key, key, undated)
    assert (again.status == Status.REPEAT).all()
    assert not again.fresh.any()
    assert ledger.count == 200_000


texts = st.none() | st.text(max_size=8)


@given(
    st.lists(
        st.tuples(texts, texts, st.none() | st.floats(-9, 9), st.none() | st.integers(0, 9)),
        min_size=1,
        max_size=20,
    )
)
@settings(deadline=None)
def test_a_fingerprint_is_the_sum_of_plain_hashes(
    rows: list[tuple[str | None, str | None, float | None, int | None]],
) -> None:
    first, second, number, moment = (list(column) for column in zip(*rows, strict=True))
    columns = {
        "b": pa.array(first, pa.string()),
        "a": pa.array(second, pa.string()).dictionary_encode(),
        "n": pa.array(number, pa.float64()),
        "m": pa.array(moment, pa.timestamp("s")),
    }
    found = Fingerprints(SECRET).of(columns, ["b", "a", "n", "m"], Lanes.zeros(len(rows)))
    assert found.binary().to_pylist() == [_plain_sum(dict(zip("banm", row, strict=True))) for row in rows]
    other = Fingerprints(SECRET).of(columns, ["m", "n", "a", "b"], Lanes.zeros(len(rows)))
    assert found.binary().equals(other.binary())
    back = lanes_of(found.binary()[len(rows) // 2 :])
    assert back.first.tolist() == found.first[len(rows) // 2 :].tolist()
    assert back.second.tolist() == found.second[len(rows) // 2 :].tolist()


def _plain_sum(cells: dict[str, str | float | int | None]) -> bytes:
    lanes = [0, 0]
    for name, value in cells.items():
        if value is None:
            continue
        key = hashlib.blake2b(name.encode(), key=SECRET, digest_size=16).digest()
        message = value.encode() if isinstance(value, str) else struct.pack("<d", value + 0.0) if name == "n" else struct.pack("<q", value)  # fmt: skip
        digest = plain_siphash(message, key)
        for lane in (0, 1):
            lanes[lane] = (lanes[lane] + int.from_bytes(digest[lane * 8 : lane * 8 + 8], "little")) % 2**64
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)


@pytest.mark.parametrize(("secret", "sound"), [(b"x" * 15, False), (b"x" * 16, True), (b"x" * 64, True), (b"x" * 65, False)])  # fmt: skip
def test_a_secret_has_its_length(secret: bytes, sound: bool) -> None:
    if sound:
        assert "x" * 15 not in repr(Fingerprints(secret))
    else:
        with pytest.raises(ValueError, match="16 to 64"):
            Fingerprints(secret)


def test_a_ledger_told_how_much_comes_says_the_same() -> None:
    told, untold = Ledger(), Ledger()
    told.expect(500_000)
    numbers = np.arange(300_000, dtype=np.uint64) % np.uint64(200_000)
    key = Lanes(numbers * np.uint64(7_919), numbers)
    at = np.full(len(numbers), UNDATED)
    for start in range(0, len(numbers), 70_000):
        part = slice(start, start + 70_000)
        some = Lanes(key.first[part], key.second[part])
        one, other = (ledger.add(some, some, at[part]) for ledger in (told, untold))
        assert (one.status == other.status).all()
        assert (one.entry == other.entry).all()
    assert told.count == untold.count == 200_000
