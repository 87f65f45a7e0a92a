"""Pseudonyms: the same person under the same key, nobody without it, and the same in every way of making them."""

from __future__ import annotations

import hashlib
import hmac

import pyarrow as pa
import pytest

from tests.intake.helpers import person
from yaotong.chains import Link
from yaotong.intake import Pseudonymiser
from yaotong.intake.checks.distinct import COMPILED_FROM

SECRET = b"sixteen bytes..."
WHO, OTHER = person(1), person(2)


def plain(number: str, key: bytes = SECRET, key_id: str = "k1", digest: str = "sha256") -> str:
    """The pseudonym written out from RFC 2104, one number at a time."""
    block = (key if len(key) <= 64 else hashlib.new(digest, key).digest()).ljust(64, b"\0")
    inner = hashlib.new(digest, bytes(one ^ 0x36 for one in block) + b"ID|" + number.encode()).digest()
    outer = hashlib.new(digest, bytes(one ^ 0x5C for one in block) + inner)
    return f"{key_id}:{outer.hexdigest()[:32]}"


def short(made: Pseudonymiser, *numbers: str | None) -> list[str | None]:
    return list(made.keys(pa.array(numbers, pa.string())).to_pylist())


def long(made: Pseudonymiser, *numbers: str | None) -> list[str | None]:
    """Of a column that is long enough for compiled code, the first few."""
    filled = [*numbers, *["000000000000000000"] * COMPILED_FROM]
    return list(made.keys(pa.array(filled, pa.string())).to_pylist()[: len(numbers)])


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
@pytest.mark.parametrize("size", [16, 63, 64, 65, 200])
def test_a_pseudonym_is_the_same_in_short_and_in_long_columns(size: int, digest: str) -> None:
    key = bytes(range(size))
    made = Pseudonymiser(key, "k1", digest)
    wanted = [plain(one, key, "k1", digest) for one in (WHO, OTHER, WHO)]
    assert wanted[0] == wanted[2] != wanted[1]
    assert short(made, WHO, OTHER, WHO) == wanted
    assert long(made, WHO, OTHER, WHO) == wanted


def test_its_form_is_the_keys_name_and_thirty_two_digits() -> None:
    name, digits = str(short(Pseudonymiser(SECRET, "2026-a_B"), WHO)[0]).split(":")
    assert name == "2026-a_B"
    assert len(digits) == 32
    assert set(digits) <= set("0123456789abcdef")


@pytest.mark.parametrize("made", [short, long])
def test_nothing_stays_nothing_in_its_place(made: object) -> None:
    assert callable(made)
    one = Pseudonymiser(SECRET, "k1")
    assert made(one, None, WHO, None, OTHER) == [None, plain(WHO), None, plain(OTHER)]
    assert made(one, WHO, None) == [plain(WHO), None]


@pytest.mark.parametrize("made", [short, long])
@pytest.mark.parametrize(
    "other",
    [
        Pseudonymiser(SECRET[:-1] + b"!", "k1"),
        Pseudonymiser(SECRET, "k2"),
        Pseudonymiser(SECRET, "k1", "sm3"),
    ],
    ids=["key", "name", "digest"],
)
def test_another_key_name_or_digest_makes_another(made: object, other: Pseudonymiser) -> None:
    assert callable(made)
    assert made(other, WHO) != made(Pseudonymiser(SECRET, "k1"), WHO)


@pytest.mark.parametrize("length", [COMPILED_FROM - 1, COMPILED_FROM, COMPILED_FROM + 1])
def test_one_for_one_on_both_sides_of_where_compiled_code_begins(length: int) -> None:
    numbers = [None if place % 3 == 0 else str(place % 7) for place in range(length)]
    keys = Pseudonymiser(SECRET, "k1").keys(pa.array(numbers, pa.string()))
    assert keys.type == pa.string()
    assert keys.to_pylist() == [None if one is None else plain(one) for one in numbers]


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
@pytest.mark.parametrize("rotated", [1, 3])
def test_after_a_rotation_the_pseudonym_of_before_goes_through_each_later_key(
    rotated: int, digest: str
) -> None:
    keys = [(f"k{place + 2}", bytes([place + 1]) * 16) for place in range(rotated)]
    made = Pseudonymiser(SECRET, "k1", digest, links=tuple(Link(*one) for one in keys))
    wanted = []
    for number in (WHO, OTHER):
        told = plain(number, digest=digest)
        for name, key in keys:
            told = f"{name}:{hmac.new(key, b'PS|' + told.encode(), digest).hexdigest()[:32]}"
        wanted.append(told)
    assert short(made, WHO, None, OTHER) == [wanted[0], None, wanted[1]]
    assert long(made, WHO, None, OTHER) == [wanted[0], None, wanted[1]]


def test_a_second_column_is_made_as_the_first() -> None:
    made = Pseudonymiser(SECRET, "k1")
    assert long(made, WHO) == long(made, WHO) == [plain(WHO)]
    assert long(made, OTHER) == [plain(OTHER)]


def test_a_key_shows_nowhere_and_two_with_the_same_are_equal() -> None:
    made = Pseudonymiser(SECRET, "k1")
    assert "sixteen" not in repr(made)
    assert made == Pseudonymiser(SECRET, "k1")
    assert made != Pseudonymiser(SECRET, "k2")


def test_a_key_has_sixteen_bytes() -> None:
    assert Pseudonymiser(b"x" * 16, "k1").key == b"x" * 16
    for size in (0, 15):
        with pytest.raises(ValueError, match=r"^the pseudonym key needs at least 16 bytes$"):
            Pseudonymiser(b"x" * size, "k1")


@pytest.mark.parametrize(
    ("key_id", "fits"),
    [
        ("a", True),
        ("A-9_z", True),
        ("x" * 16, True),
        ("x" * 17, False),
        ("", False),
        ("a:b", False),
        ("钥", False),
    ],
)
def test_a_keys_name_is_short_and_plain(key_id: str, fits: bool) -> None:
    if fits:
        assert Pseudonymiser(SECRET, key_id).key_id == key_id
    else:
        with pytest.raises(ValueError, match=r"^the key id must be 1-16 letters, digits, - or _$"):
            Pseudonymiser(SECRET, key_id)


@pytest.mark.parametrize("digest", ["md5", "", "SHA256", "sha1"])
def test_no_other_digest_is_taken(digest: str) -> None:
    with pytest.raises(ValueError, match=rf"^digest must be sha256 or sm3, not {digest!r}$"):
        Pseudonymiser(SECRET, "k1", digest)


def test_fingerprints_are_made_with_a_secret_of_their_own() -> None:
    """Fingerprints are kept for years: the secret is the same after every start, and is not the key."""
    secret = Pseudonymiser(SECRET, "k1").fingerprint_secret()
    assert secret == hmac.new(SECRET, b"line fingerprints", hashlib.sha256).digest()
    assert secret == Pseudonymiser(SECRET, "k2", "sm3").fingerprint_secret()
    assert secret != Pseudonymiser(SECRET + b"!", "k1").fingerprint_secret()
    assert SECRET not in secret
