"""The array-speed checks against plain twins that go through one value at a time."""

from __future__ import annotations

import codecs
import hmac
import math
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from tests.intake.helpers import NOW, person
from yaotong.intake import Limits, Pseudonymiser
from yaotong.intake.checks.distinct import COMPILED_FROM, FEW, distinct, few_distinct
from yaotong.intake.checks.identifiers import read_identity
from yaotong.intake.checks.moments import moment_of, parse_moments
from yaotong.intake.checks.numbers import read_numbers
from yaotong.intake.core.masking import mask, mask_id_like
from yaotong.intake.core.profile import profiles
from yaotong.intake.formats import delimited

CLOCKS = st.from_regex(r"\A[12][0-9]{3}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9]\Z")


@given(st.lists(CLOCKS, min_size=1, max_size=30))
def test_the_fast_reading_of_moments_is_the_plain_one(texts: list[str]) -> None:
    fast, bad = parse_moments(pa.array(texts))
    plain = np.array([moment_of(text) for text in texts], dtype="datetime64[s]")
    np.testing.assert_array_equal(fast, plain)
    np.testing.assert_array_equal(bad, np.isnat(plain))


@given(st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 31)))
def test_a_written_moment_is_read_back(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    forms = [
        f"{whole:%Y-%m-%d %H:%M:%S}",
        whole.isoformat(),
        whole.strftime("%Y/%m/%d %H:%M:%S"),
        whole.strftime("%Y%m%d%H%M%S"),
    ]
    forms = [form.zfill(len(form)) for form in forms]
    assert parse_moments(pa.array(forms))[0].tolist() == [whole] * len(forms)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T23:30:00Z", datetime(2026, 2, 1, 7, 30)),
        ("2026-01-31 23:30:00-0500", datetime(2026, 2, 1, 12, 30)),
        ("2026-01-31 23:30:00.999+08:00", datetime(2026, 1, 31, 23, 30)),
        ("2026年1月31日 8:05", datetime(2026, 1, 31, 8, 5)),
        ("2026.1.31", datetime(2026, 1, 31)),
    ],
)
def test_offsets_become_beijing_time(text: str, moment: datetime) -> None:
    assert moment_of(text).item() == moment


@pytest.mark.parametrize(
    "text", ["2026-1/31", "31.12.2026", "2026-01-31 8", "0001-01-01", "2026-01-31 08:00:00+15:00", "46053"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    assert np.isnat(moment_of(text))


def plain_identity(number: str) -> bool:
    """Length, date and MOD 11-2 through stdnum, one number at a time."""
    if len(number) != 18 or not number[:17].isdigit() or not mod_11_2.is_valid(number):
        return False
    try:
        born = datetime.strptime(number[6:14], "%Y%m%d")
    except ValueError:
        return False
    return datetime(1900, 1, 1) <= born <= NOW and number[0] != "0"


numbers = st.builds(
    lambda area, born, serial: (body := f"{area:06d}{born}{serial:03d}") + mod_11_2.calc_check_digit(body),
    st.integers(10_000, 999_999),
    st.from_regex(r"\A(?:18|19|20)[0-9]{2}[01][0-9][0-3][0-9]\Z"),
    st.integers(0, 999),
)
spoiled = st.builds(
    lambda number, place, digit: number[:place] + digit + number[place + 1 :],
    numbers,
    st.integers(0, 17),
    st.sampled_from("0123456789X"),
)


@given(st.lists(st.one_of(numbers, spoiled), min_size=1, max_size=30))
def test_identity_numbers_are_judged_as_stdnum_judges_them(texts: list[str]) -> None:
    checked, people = read_identity(pa.array(texts), NOW)
    refused = np.any([flaw.values for flaw in checked.flaws], axis=0)
    assert (~refused).tolist() == [plain_identity(text) for text in texts]
    births = [datetime.strptime(text[6:14], "%Y%m%d") if plain_identity(text) else None for text in texts]
    assert people.born.to_pylist() == births


@given(
    st.lists(
        st.one_of(
            st.decimals(-(10**6), 10**6, places=3).map(str), st.floats().map(repr), st.text(max_size=6)
        ),
        min_size=1,
        max_size=20,
    )
)
def test_numbers_are_read_as_python_reads_them(texts: list[str]) -> None:
    checked = read_numbers(pa.array(texts), (-1e5, 1e5))
    for text, value in zip(texts, checked.typed.to_pylist(), strict=True):
        if value is not None:
            assert value == float(text)
            assert abs(value) <= 1e5
        elif text.isascii() and text.replace("-", "", 1).replace(".", "", 1).isdigit() and len(text) < 15:
            assert abs(float(text)) > 1e5
        elif text in ("nan", "inf", "-inf"):
            assert not math.isfinite(float(text))


@given(st.lists(st.one_of(st.none(), st.text(alphabet="ab 　\t", max_size=3)), max_size=20))
def test_distinct_values_put_together_are_the_column(cells: list[str | None]) -> None:
    found = distinct(pa.array(cells, pa.string()))
    assert found.spread(found.values).to_pylist() == [(cell or "").strip() or None for cell in cells]
    assert len(set(found.values.to_pylist())) == len(found.values)


@given(st.lists(st.one_of(st.none(), st.text(max_size=4)), min_size=1, max_size=20))
def test_a_few_rows_are_told_apart_as_many_are(cells: list[str | None]) -> None:
    many = cells * (FEW // len(cells) + 1)
    singly, at_once = few_distinct(many), distinct(pa.array(many, pa.string()))
    assert singly.values.equals(at_once.values)
    assert [singly.at(row) for row in range(len(many))] == [at_once.at(row) for row in range(len(many))]
    assert singly.missing.tolist() == at_once.missing.tolist()
    assert (singly.plain, singly.longest) == (at_once.plain, at_once.longest)


@given(
    st.lists(st.text("ab,药 \t\x00\x0b\x85\u2028\ufeff'", max_size=6), min_size=1, max_size=6),
    st.lists(st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\r\n"]), min_size=6, max_size=6),
    st.integers(1, 3),
)
def test_a_short_text_is_split_as_arrow_splits_it(lines: list[str], ends: list[str], width: int) -> None:
    body = "".join(map("".join, zip(lines, ends, strict=False))).lstrip("\r\n").encode()
    assume(body not in (b"", codecs.BOM_UTF8))  # Arrow takes a lone mark for no text at all
    names = [f"c{place}" for place in range(width)]
    (split, torn), (table, ragged) = (
        read(body, names, ",") for read in (delimited._split_body, delimited._arrow_body)
    )
    assert split.equals(table)
    assert torn == ragged


def test_few_and_many_rows_are_trimmed_of_the_same_blanks() -> None:
    letters = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    trimmed = pc.utf8_trim_whitespace(pa.array(letters)).to_pylist()
    assert [letter for letter, left in zip(letters, trimmed, strict=True) if left != letter.strip()] == []


@pytest.mark.parametrize("edge", ["before", "after"])
def test_every_blank_at_an_edge_of_a_long_column_is_seen(edge: str) -> None:
    blanks = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    for blank in blanks:
        cells = [f"浙{number}店" for number in range(COMPILED_FROM)]
        odd = f"{blank}x" if edge == "before" else f"x{blank}"
        assert distinct(pa.array([*cells, odd])).values[-1].as_py() == "x", hex(ord(blank))


def test_a_long_column_without_blanks_at_its_edges_is_as_it_was() -> None:
    cells = [f"浙DA{number % 7}" for number in range(COMPILED_FROM)]
    assert [distinct(pa.array(cells)).at(row) for row in range(9)] == cells[:9]


@pytest.mark.parametrize("many", [1, COMPILED_FROM])
@pytest.mark.parametrize("key", [b"0123456789abcdef", b"64 bytes" * 8, b"65 bytes" * 8 + b"."])
@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_a_pseudonym_is_the_hmac_of_the_number(digest: str, key: bytes, many: int) -> None:
    numbers = pa.array([person(), None, person(2), person()] * many)
    keys = Pseudonymiser(key, "k7", digest).keys(numbers).to_pylist()
    expected = hmac.new(key, f"ID|{person()}".encode(), digest).hexdigest()[:32]
    assert keys[0] == keys[3] == f"k7:{expected}"
    assert keys[1] is None
    assert len(set(keys)) == 3
    assert keys == keys[:4] * many


def test_a_pseudonymiser_keeps_its_key_to_itself_and_refuses_weak_ones() -> None:
    made = Pseudonymiser(b"0123456789abcdef", "k1")
    assert "0123456789abcdef" not in f"{made!r}{made}"
    for key, key_id, digest in (
        (b"short", "k1", "sha256"),
        (b"0" * 16, "k:1", "sha256"),
        (b"0" * 16, "k1", "md5"),
    ):
        with pytest.raises(ValueError, match=r"must be|needs at least"):
            Pseudonymiser(key, key_id, digest)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (person(), "9100" + "*" * 14),
        ("1234", "****"),
        ("12345", "1234*"),
        ("", ""),
    ],
)
def test_a_mask_keeps_four_characters_and_the_length(value: str, shown: str) -> None:
    assert mask(value) == shown


def test_only_what_looks_like_an_identity_number_is_masked_in_other_text() -> None:
    assert mask_id_like(f"见{person()}。") == "见9100" + "*" * 14 + "。"
    assert mask_id_like("９１００００199003071231") == "9100" + "*" * 14
    assert mask_id_like("81037344142135623731") == "81037344142135623731"  # a trace code has 20 digits
    assert mask_id_like("91330482MA9300014H") == "91330482MA9300014H"


def test_limits_are_positive_and_can_be_lifted() -> None:
    with pytest.raises(ValueError, match="rows"):
        Limits(rows=0)
    assert Limits.off().rows > 10**12
    assert profiles() is profiles()
