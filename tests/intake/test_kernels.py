"""The compiled loops against their plain twins, on any text."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yaotong.intake.checks import kernels
from yaotong.intake.checks.distinct import COMPILED_FROM, byte_view, distinct
from yaotong.intake.checks.moments import moment_of, parse_moments
from yaotong.intake.checks.numbers import read_numbers
from yaotong.intake.core.remembered import Remembered

_DIGIT = st.sampled_from("0123456789")
near_moments = st.one_of(
    st.datetimes().map(lambda one: one.strftime("%Y-%m-%d %H:%M:%S").zfill(19)),
    st.datetimes().map(lambda one: one.strftime("%Y-%m-%dT%H:%M:%S").zfill(19)),
    st.from_regex(r"[12]\d{3}-[01]\d-[0-3]\d[ T][0-2]\d:[0-6]\d:[0-6]\d", fullmatch=True),
    st.text("0123456789-: T", min_size=17, max_size=20),
)
near_numbers = st.one_of(
    st.from_regex(r"[+-]?\d{0,18}\.?\d{0,18}", fullmatch=True), st.floats().map(repr), st.text("0123456789.-+eE ", max_size=8)
)  # fmt: skip


@given(st.lists(near_moments, min_size=1, max_size=50))
@settings(deadline=None)
def test_moments_agree_with_the_plain_reader(texts: list[str]) -> None:
    values = pa.array(texts * (COMPILED_FROM // len(texts) + 1))
    read, bad = parse_moments(values)
    plain = np.array([moment_of(one) for one in texts], dtype="datetime64[s]")
    assert np.array_equal(read[: len(texts)], plain, equal_nan=True)
    assert np.array_equal(bad[: len(texts)], np.isnat(plain))


@given(st.lists(near_numbers, min_size=1, max_size=50))
@settings(deadline=None)
def test_numbers_agree_with_the_plain_reader(texts: list[str]) -> None:
    values = pa.array(texts * (COMPILED_FROM // len(texts) + 1))
    read = read_numbers(values, (None, None)).typed[: len(texts)].to_pylist()
    assert read == read_numbers(values[: len(texts)], (None, None)).typed.to_pylist()
    plain = re.compile(r"[+-]?(\d{1,15}(\.\d{0,17})?|\.\d{1,17})([eE][+-]?\d{1,2})?", re.ASCII)
    assert read == [float(one) if plain.fullmatch(one) else None for one in texts]


def _words(message: bytes, key: bytes) -> bytes:
    k0, k1 = (np.uint64(int.from_bytes(part, "little")) for part in (key[:8], key[8:]))
    data = np.frombuffer(message or b"\0", dtype=np.uint8)
    return b"".join(int(one).to_bytes(8, "little") for one in kernels.siphash(data, 0, len(message), k0, k1))


# From the reference implementation's table of SipHash-2-4-128: key 00..0f, message 00, 01, … of each length.
@pytest.mark.parametrize(
    ("length", "answer"),
    [(0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"), (15, "5493e99933b0a8117e08ec0f97cfc3d9")],
)  # fmt: skip
def test_the_hash_is_the_published_one(length: int, answer: str) -> None:
    assert _words(bytes(range(length)), bytes(range(16))).hex() == answer


@given(st.binary(max_size=80), st.binary(min_size=16, max_size=16))
def test_the_hash_agrees_with_a_plain_twin(message: bytes, key: bytes) -> None:
    assert _words(message, key) == plain_siphash(message, key)


def plain_siphash(message: bytes, key: bytes) -> bytes:
    """SipHash-2-4-128 word by word in plain integers."""
    mask = 2**64 - 1
    k0, k1 = (int.from_bytes(part, "little") for part in (key[:8], key[8:]))
    start = (0x736F6D6570736575, 0x646F72616E646F6D ^ 0xEE, 0x6C7967656E657261, 0x7465646279746573)
    v = [one ^ k for one, k in zip(start, (k0, k1, k0, k1), strict=True)]

    def turn(times: int) -> None:
        for _ in range(times):
            for a, b, c, d, left, right in ((0, 1, 2, 3, 13, 16), (2, 1, 0, 3, 17, 21)):
                v[a], v[c] = (v[a] + v[b]) & mask, (v[c] + v[d]) & mask
                v[b] = ((v[b] << left | v[b] >> (64 - left)) & mask) ^ v[a]
                v[d] = ((v[d] << right | v[d] >> (64 - right)) & mask) ^ v[c]
                v[a] = (v[a] << 32 | v[a] >> 32) & mask

    padded = message + b"\0" * (7 - len(message) % 8) + bytes([len(message) & 255])
    for place in range(0, len(padded), 8):
        word = int.from_bytes(padded[place : place + 8], "little")
        v[3] ^= word
        turn(2)
        v[0] ^= word
    v[2] ^= 0xEE
    turn(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    turn(4)
    return first.to_bytes(8, "little") + (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")


spaced = st.text(st.sampled_from(" \t　\xa0ab1\n药"), max_size=4)


@given(st.lists(st.none() | spaced, min_size=1, max_size=30), st.booleans())
@settings(deadline=None)
def test_a_column_says_the_same_by_distinct_values_and_by_rows(texts: list[str | None], many: bool) -> None:
    rows = COMPILED_FROM if many else len(texts)
    column = [texts[row % len(texts)] if row < 3 * len(texts) else f"v{row}" for row in range(rows)]
    found = distinct(pa.array(column, pa.string()))
    plain = [(one or "").strip() or None for one in column]
    assert [found.at(row) for row in range(rows)] == plain
    assert found.spread(found.values).to_pylist() == plain
    assert replace(found, compact=True).spread(found.values).to_pylist() == plain
    assert found.missing.tolist() == [one is None for one in plain]
    keep = np.arange(rows) % 3 == 0
    assert found.kept(keep).spread(found.values).to_pylist() == plain[::3]
    assert found.plain == all(one.isascii() and one.isprintable() for one in plain if one)


def test_views_of_slices_start_where_the_slice_starts() -> None:
    offsets, data = byte_view(pa.array(["ab", "c", "", "def"])[1:])
    assert [bytes(data[a:b]) for a, b in itertools.pairwise(offsets)] == [b"c", b"", b"def"]


@given(st.lists(st.tuples(st.dates(), st.datetimes()), min_size=1, max_size=20))
@settings(deadline=None)
def test_full_years_are_counted_as_people_count_them(pairs: list[tuple[date, datetime]]) -> None:
    born = np.array([one for one, _ in pairs], dtype="datetime64[s]")
    sold = np.array([one for _, one in pairs], dtype="datetime64[s]")
    years = np.zeros(len(pairs), dtype=np.int32)
    kernels.full_years(born.view(np.int64), sold.view(np.int64), np.ones(len(pairs), dtype=bool), years)
    plain = [at.year - day.year - ((at.month, at.day) < (day.month, day.day)) for day, at in pairs]
    assert years.tolist() == plain


@pytest.mark.parametrize("most", [1, 700, 10_000])
def test_keys_are_the_same_remembered_or_made_again(most: int) -> None:
    made: list[str] = []

    def make(number: str) -> str:
        made.append(number)
        return f"{int(number):08d}"

    rng = np.random.default_rng(5)
    memory = Remembered(make, 8, most)
    for _ in range(3):
        numbers = [str(one) for one in rng.integers(0, 1_000, 3_000)]
        assert memory.keys(pa.array(numbers)).to_pylist() == [f"{int(one):08d}" for one in numbers]
    if most > 1_000:
        assert len(made) == len(set(made)) <= 1_000
    else:
        assert len(made) > 9_000 * (1 - most / 1_000) * 0.8


def test_remembered_keys_grow_past_their_first_room() -> None:
    numbers = [str(one) for one in range(150_000)]
    memory = Remembered(lambda number: number.zfill(8), 8)
    for _ in range(2):
        assert memory.keys(pa.array(numbers)).to_pylist() == [one.zfill(8) for one in numbers]
