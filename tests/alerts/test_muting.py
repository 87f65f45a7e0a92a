"""Which alerts call nobody: days, levels, leads and places on both sides; the order of things is nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.alerts.inhibit import FILE, Inhibition, read_inhibitions
from yaotong.alerts.muting import check_silence, check_silence_end, muted, silences
from yaotong.alerts.silence import Face, Mute, Silence, SilenceReason
from yaotong.codes import Level
from yaotong.errors import ConfigError, UsageError
from yaotong.rules.book import book

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 12, 9)
FACE = Face("a" * 12, "R-M16", "pharmacy", "S1", "330482001", "msa", Level.YELLOW, DAY, DAY, True)
SOURCE = replace(FACE, alert_id="b" * 12, rule_id="R-M14", level=Level.RED)
ONE = Silence(
    1, "R-M16", "pharmacy", "S1", Level.YELLOW, DAY, DAY + timedelta(days=9), SilenceReason.OTHER, "装修",
    "msa", "x", NOW,
)  # fmt: skip
SHOP = Inhibition("R-M14", "R-M16", "pharmacy", 14, Level.ORANGE, "")
AREA = replace(SHOP, equal="area")
KINDS = {one.rule_id: str(one.subject_kind) for one in book().values()}


def later(face: Face, days: int) -> Face:
    moved = timedelta(days=days)
    return replace(face, first_day=face.first_day + moved, last_day=face.last_day + moved)


@pytest.mark.parametrize(("days", "mute"), [(-1, False), (0, True), (9, True), (10, False)])
def test_the_first_and_the_last_day_are_muted_and_no_other(days: int, mute: bool) -> None:
    assert silences(ONE, later(FACE, days)) is mute


def test_an_alert_that_reaches_over_an_end_is_not_muted() -> None:
    assert silences(ONE, replace(FACE, last_day=ONE.until))
    assert not silences(ONE, replace(FACE, last_day=ONE.until + timedelta(days=1)))
    assert not silences(ONE, replace(FACE, first_day=DAY - timedelta(days=1)))


@pytest.mark.parametrize("made_for", list(Level))
@pytest.mark.parametrize("level", list(Level))
def test_only_what_is_graver_breaks_through(made_for: Level, level: Level) -> None:
    muted_too = silences(replace(ONE, level=made_for), replace(FACE, level=level))
    assert muted_too is (level.rank >= made_for.rank)


@pytest.mark.parametrize(
    ("change", "mute"),
    [
        ({}, True),
        ({"rule_pattern": "R-M*"}, True),
        ({"rule_pattern": "R-M17"}, False),
        ({"subject": "S2"}, False),
        ({"department": "psb"}, False),
        ({"subject_kind": "within", "subject": "330482"}, True),
        ({"subject_kind": "within", "subject": "330482002"}, False),
        ({"subject_kind": "area", "subject": "330482001"}, False),
        ({"ended_from": DAY}, False),
        ({"ended_from": DAY + timedelta(days=1)}, True),
    ],
)
def test_what_a_silence_is_about(change: dict[str, object], mute: bool) -> None:
    assert silences(replace(ONE, **change), FACE) is mute  # type: ignore[arg-type]


def test_an_alert_without_a_place_is_within_no_area() -> None:
    within = replace(ONE, subject_kind="within", subject="330482")
    assert not silences(within, replace(FACE, area_code=None))


@pytest.mark.parametrize(("days", "mute"), [(-1, False), (0, True), (14, True), (15, False)])
def test_a_source_reaches_from_its_first_day_to_days_after_its_last(days: int, mute: bool) -> None:
    told = muted([later(FACE, days), SOURCE], [], [SHOP])
    assert told == ({FACE.alert_id: Mute(DAY + timedelta(days=14), None, SOURCE.alert_id)} if mute else {})


@pytest.mark.parametrize(
    ("face", "source", "mute"),
    [
        (FACE, SOURCE, True),
        (FACE, replace(SOURCE, stands=False), False),
        (FACE, replace(SOURCE, subject="S2"), False),
        (replace(FACE, level=Level.ORANGE), SOURCE, True),
        (replace(FACE, level=Level.RED), SOURCE, False),
        (replace(FACE, rule_id="R-M17"), SOURCE, False),
    ],
)
def test_whom_a_source_mutes(face: Face, source: Face, mute: bool) -> None:
    assert (face.alert_id in muted([face, source], [], [SHOP])) is mute


def test_an_area_mutes_what_lies_in_the_same_area_alone() -> None:
    other = replace(FACE, alert_id="c" * 12, subject="S9")
    away = replace(other, alert_id="d" * 12, area_code="330482002")
    nowhere = replace(other, alert_id="e" * 12, area_code=None)
    assert set(muted([SOURCE, other, away, nowhere], [], [AREA])) == {other.alert_id}


def test_a_silence_is_named_before_a_source_and_the_first_made_before_others() -> None:
    second = replace(ONE, silence_id=2)
    assert muted([FACE, SOURCE], [second, ONE], [SHOP])[FACE.alert_id] == Mute(ONE.until, 1)


FACES = st.lists(
    st.builds(
        Face,
        alert_id=st.uuids().map(lambda one: one.hex[:12]),
        rule_id=st.sampled_from(["R-M14", "R-M16", "R-M17"]),
        subject_kind=st.just("pharmacy"),
        subject=st.sampled_from(["S1", "S2"]),
        area_code=st.sampled_from(["330482001", "330482002", None]),
        lead=st.just("msa"),
        level=st.sampled_from(list(Level)),
        first_day=st.dates(DAY, DAY + timedelta(days=20)),
        last_day=st.just(DAY + timedelta(days=20)),
        stands=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.alert_id,
)


@given(FACES, st.randoms(use_true_random=False))
def test_the_order_of_alerts_silences_and_inhibitions_is_nothing(faces: list[Face], random: object) -> None:
    known = [replace(ONE, silence_id=n, until=DAY + timedelta(days=10 * n)) for n in (1, 2, 3)]
    rules = [SHOP, replace(AREA, target="R-M17")]
    told = muted(faces, known, rules)
    for some in (faces, known, rules):
        random.shuffle(some)  # type: ignore[attr-defined]
    assert muted(faces, known, rules) == told
    assert told == {one.alert_id: mute for one in faces if (mute := _plain(one, faces, known, rules))}


def _plain(one: Face, faces: list[Face], known: list[Silence], inhibitions: list[Inhibition]) -> Mute | None:
    """The slow twin: everything against everything."""
    for each in sorted(known, key=lambda each: each.silence_id):
        if silences(each, one):
            return Mute(each.last_day, each.silence_id)
    found = []
    for rule in inhibitions:
        for source in faces:
            same = source.subject == one.subject if rule.equal == "pharmacy" else (
                source.area_code == one.area_code and one.area_code is not None
            )  # fmt: skip
            until = source.last_day + timedelta(days=rule.days)
            fits = (source.rule_id, one.rule_id) == (rule.source, rule.target) and source.stands
            inside = source.first_day <= one.first_day and one.last_day <= until
            if fits and same and inside and one.level.rank >= rule.up_to.rank:
                found.append((source.first_day, source.alert_id, until))
    return Mute(min(found)[2], None, min(found)[1]) if found else None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": DAY + timedelta(days=90)}, "最长 90 天"),
        ({"until": DAY - timedelta(days=1)}, "不能早于"),
        ({"text": "  "}, "不能为空"),
        ({"text": "长" * 501}, "最多 500 字"),
        ({"subject_kind": "buyer"}, "范围只能是"),
        ({"subject": " "}, "请写明药店"),
        ({"rule_pattern": "R" * 17}, "不超过 16"),
        ({"rule_pattern": ""}, "请写明规则"),
    ],
)
def test_what_may_not_be_made(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_silence(replace(ONE, **change))  # type: ignore[arg-type]


def test_what_just_may_be_made() -> None:
    check_silence(replace(ONE, until=DAY + timedelta(days=89), text="长" * 500, rule_pattern="R" * 16))
    check_silence(replace(ONE, until=DAY))


def test_a_silence_ends_once_and_on_its_own_days() -> None:
    check_silence_end(ONE, ONE.since)
    check_silence_end(ONE, ONE.until)
    for day in (ONE.since - timedelta(days=1), ONE.until + timedelta(days=1)):
        with pytest.raises(UsageError, match="终止的日子应在"):
            check_silence_end(ONE, day)
    with pytest.raises(UsageError, match="已经终止过"):
        check_silence_end(replace(ONE, ended_at=NOW), ONE.since)


def test_the_inhibitions_of_this_program_are_read() -> None:
    told = {(one.source, one.target, one.equal, one.days) for one in read_inhibitions(FILE, KINDS)}
    assert told == {
        ("R-M14", "R-M16", "pharmacy", 14),
        ("R-M14", "R-M17", "pharmacy", 14),
        ("R-M20", "R-J03", "pharmacy", 14),
    }


ENTRY = """
[[inhibit]]
source = "R-M14"
targets = ["R-M16"]
equal = "pharmacy"
days = 14
up_to = "orange"
why = "召回"
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("R-M14", "R-X99", "第 1 条.*没有 R-X99.*yaotong rules list"),
        ("R-M16", "R-M14", "绕成一圈：R-M14 → R-M14"),
        ("= 14", "= 91", "0 到 90"),
        ("= 14", "= -1", "0 到 90"),
        ("= 14", "= true", "0 到 90"),
        ("orange", "pink", "没有级别 pink"),
        ('"pharmacy"', '"town"', "pharmacy 或 area"),
        ("R-M16", "R-H08", "R-H08 的主体不是药店"),
        ("why", "because", "缺少 why，不认识 because"),
        ("[[inhibit]]", "[[mute]]", "不认识的表 mute"),
        ("= 14", "=", "不是 TOML"),
        ('targets = ["R-M16"]', 'targets = "R-M16"', "targets"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place_and_a_remedy(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    file = tmp_path / "inhibit.toml"
    file.write_text(ENTRY.replace(before, after), "utf-8")
    with pytest.raises(ConfigError, match=f"inhibit.toml.*{said}"):
        read_inhibitions(file, KINDS)


@pytest.mark.parametrize("days", [0, 90])
def test_a_right_entry_is_read_at_both_ends(tmp_path: Path, days: int) -> None:
    file = tmp_path / "inhibit.toml"
    file.write_text(ENTRY.replace("= 14", f"= {days}"), "utf-8")
    assert [one.days for one in read_inhibitions(file, KINDS)] == [days]


def test_a_longer_ring_is_named(tmp_path: Path) -> None:
    file = tmp_path / "inhibit.toml"
    back = ENTRY.replace("R-M14", "R-M99").replace("R-M16", "R-M14").replace("R-M99", "R-M16")
    file.write_text(ENTRY + back, "utf-8")
    with pytest.raises(ConfigError, match="R-M14 → R-M16 → R-M14"):
        read_inhibitions(file, KINDS)
