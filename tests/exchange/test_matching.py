"""The private matching finds exactly who reaches the threshold together, and is built on the published group."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yaotong.exchange import group, matching
from yaotong.exchange.elements import expand_message_xmd, uniform_of
from yaotong.exchange.group import BadPoint
from yaotong.exchange.matching import Buyer

# RFC 9496 appendix A.1: multiples of the generator.
MULTIPLES = {
    1: "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    2: "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    3: "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
}
# RFC 9496 appendix A.3: from the SHA-512 of these texts.
MAPPED = {
    "Ristretto is traditionally a short shot of espresso coffee": "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
    "made with the normal amount of ground coffee but extracted with": "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
}
# RFC 9496 appendix A.2: encodings that are refused.
REFUSED = (
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
# RFC 9497 appendix A.1.1.1: hashed to the group by expand_message_xmd with SHA-512, blinded, evaluated.
DOMAIN = b"HashToGroup-OPRFV1-\x00-ristretto255-SHA512"
BLIND = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
BLINDED = "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"
SECRET = "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"
EVALUATED = "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e"


@pytest.mark.parametrize(("times", "encoded"), MULTIPLES.items())
def test_the_generators_multiples_are_those_of_rfc_9496(times: int, encoded: str) -> None:
    generator = bytes.fromhex(MULTIPLES[1])
    assert group.product(times.to_bytes(32, "little"), generator).hex() == encoded


@pytest.mark.parametrize(("text", "encoded"), MAPPED.items())
def test_the_map_is_that_of_rfc_9496(text: str, encoded: str) -> None:
    assert group.point_of(hashlib.sha512(text.encode()).digest()).hex() == encoded


@pytest.mark.parametrize("encoded", [*REFUSED, "00" * 32])
def test_what_is_no_element_or_the_identity_is_refused(encoded: str) -> None:
    with pytest.raises(BadPoint):
        group.product(group.new_scalar(), bytes.fromhex(encoded))


def test_numbers_are_hashed_to_the_group_as_rfc_9497_does() -> None:
    blinded = group.product(bytes.fromhex(BLIND), group.point_of(expand_message_xmd(b"\0", DOMAIN)))
    assert blinded.hex() == BLINDED
    assert group.product(bytes.fromhex(SECRET), blinded).hex() == EVALUATED


def test_two_keys_may_be_applied_in_either_order_and_by_several_processes() -> None:
    one, other = group.new_scalar(), group.new_scalar()
    points = b"".join(group.new_points(30))
    there = group.products([(other, group.products([(one, points)])[0])])[0]
    back = group.products([(one, group.products([(other, points)])[0])])[0]
    assert there == back
    many = points * 300
    assert group.products([(one, many), (other, points)], cores=2) == group.products(
        [(one, many), (other, points)], cores=1
    )


def test_a_broken_point_is_refused_wherever_it_is_multiplied() -> None:
    points = b"".join(group.new_points(10)) * 900 + bytes.fromhex(REFUSED[0])
    with pytest.raises(BadPoint):
        group.products([(group.new_scalar(), points)], cores=2)
    with pytest.raises(BadPoint):
        group.products([(group.new_scalar(), b"short")])


def _run(one: dict[str, int], other: dict[str, int], threshold: int) -> tuple[dict[str, str], dict[str, str]]:
    """What each side learns: its own buyers by the shared token."""
    asked = matching.asking(_buyers("a", one), threshold)
    answered = matching.answering(_buyers("b", other), threshold)
    sent, _ = matching.unpacked(matching.packed(asked.points), threshold)
    both = matching.blinded_again(answered, sent, threshold)
    mine = matching.blinded_again(asked, answered.points, threshold)
    found = matching.met("run", asked, both, mine)
    theirs = {answered.owners[one.steps][one.place]: one.token for one in found}
    return {one.key: one.token for one in found}, theirs


def _buyers(side: str, people: dict[str, int]) -> list[Buyer]:
    return [Buyer(f"{side}:{name}", uniform_of(name), steps) for name, steps in people.items()]


_PEOPLE = st.dictionaries(
    st.sampled_from([f"P{number}" for number in range(12)]), st.integers(1, 9), max_size=8
)


@settings(max_examples=8, deadline=None)
@given(_PEOPLE, _PEOPLE, st.integers(2, 5))
def test_exactly_those_who_reach_the_threshold_together_are_found_by_both(
    one: dict[str, int], other: dict[str, int], threshold: int
) -> None:
    mine, theirs = _run(one, other, threshold)
    plain = {name for name in one.keys() & other.keys() if one[name] + other[name] >= threshold}
    assert set(mine) == {f"a:{name}" for name in plain}
    assert {f"b:{name}": mine[f"a:{name}"] for name in plain} == theirs


@pytest.mark.parametrize(
    ("count", "size"), [(0, 64), (1, 64), (64, 64), (65, 128), (1000, 1024), (1025, 1152), (100_000, 106_496)]
)
def test_sizes_are_padded_to_an_eighth(count: int, size: int) -> None:
    assert matching.padded(count) == size
    assert matching.padded(size) == size


def test_groups_that_are_not_padded_or_repeat_a_point_are_refused() -> None:
    side = matching.asking(_buyers("a", {"P1": 1}), 2)
    good = dict(side.points)
    matching.check(good, 2)
    for bad in (
        {1: good[1]},
        {**good, 2: good[2][32:]},
        {**good, 2: good[2][:32] * 64},
        {**good, 2: good[2][:-1]},
    ):
        with pytest.raises(BadPoint):
            matching.check(bad, 2)
    for cut in (matching.packed(good)[:-1], b"", b"\xff" * 20):
        with pytest.raises(BadPoint):
            matching.unpacked(cut, 2)


def test_nothing_of_one_run_is_in_another() -> None:
    people = _buyers("a", {"P1": 1, "P2": 2})
    runs = [matching.asking(people, 2).points for _ in range(2)]
    seen = [{*group.split(one[1]), *group.split(one[2])} for one in runs]
    assert seen[0].isdisjoint(seen[1])
    plain = {group.point_of(one.uniform) for one in people}
    assert all(plain.isdisjoint(one) for one in seen)
