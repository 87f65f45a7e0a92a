"""The planted truth, against the files and against the rules worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.demo import plain_rules
from tests.demo.conftest import Written
from tests.demo.plain_rules import City
from tests.demo.test_city_files import towns_of
from yaotong.demo import Story, write_city

EXACT: dict[str, Callable[[City], set[str]]] = {
    "R-M01": plain_rules.eph_limit,
    "R-P01": plain_rules.structuring,
    "R-N01": plain_rules.trace_twice,
    "R-M14": plain_rules.recalled_lot,
    "R-M19": plain_rules.other_codes,
}
STATISTICAL = ("R-M20", "R-M30", "R-H01")


def during(story: Story, days: pd.Series) -> bool:
    return bool(days.between(pd.Timestamp(story.since), pd.Timestamp(story.until)).any())


@pytest.mark.parametrize("rule", EXACT)
@pytest.mark.parametrize("size", ["small", "year"])
def test_exact_rules_find_the_guilty_and_nobody_else(
    rule: str, size: str, request: pytest.FixtureRequest
) -> None:
    written: Written = request.getfixturevalue(size)
    guilty = {story.subject for story in written.truth.of(rule, "guilty")}
    assert len(guilty) >= 2
    assert EXACT[rule](written.city) == guilty


def test_sales_split_at_one_shop_are_those_that_stories_tell(year: Written) -> None:
    guilty = {story.subject for story in year.truth.of("R-M03", "guilty")}
    assert len(guilty) >= 2
    assert len({story.story for story in year.truth.of("R-M03", "innocent")}) >= 3
    assert plain_rules.split(year.city) == guilty


@pytest.mark.parametrize("rule", EXACT)
def test_every_rule_has_two_guilty_and_three_kinds_of_lookalike(rule: str, year: Written) -> None:
    assert len({story.subject for story in year.truth.of(rule, "guilty")}) >= 2
    assert len({story.story for story in year.truth.of(rule, "innocent")}) >= 3


@pytest.mark.parametrize("rule", STATISTICAL)
def test_statistical_rules_have_them_too(rule: str, year: Written) -> None:
    assert len({story.subject for story in year.truth.of(rule, "guilty")}) >= 2
    assert len({story.story for story in year.truth.of(rule, "innocent")}) >= 3


@pytest.mark.parametrize("rule", [*EXACT, *STATISTICAL])
def test_a_small_city_keeps_one_guilty_and_two_lookalikes(rule: str, small: Written) -> None:
    assert len(small.truth.of(rule, "guilty")) >= 1
    assert len({story.story for story in small.truth.of(rule, "innocent")}) >= 2
    assert all(one["why"] for one in small.truth.omitted)


def test_nobody_is_guilty_and_innocent_of_one_rule_at_one_time(year: Written) -> None:
    for guilty in [story for story in year.truth.stories if story.verdict == "guilty"]:
        for other in year.truth.of(guilty.rule, "innocent"):
            same = other.subject == guilty.subject
            assert not (same and other.since <= guilty.until and guilty.since <= other.until), other


def test_truth_on_disk_points_at_lines_that_exist(year: Written) -> None:
    told = json.loads((year.folder / "truth.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(year.truth.as_dict()))
    sales, shops = year.city.sales.set_index("line_id"), set(year.city.pharmacies["license_no"])
    assert told["rows"]["sales"] == len(sales)
    for story in told["stories"]:
        lines = sales.loc[story["sale_ids"]]
        assert set(lines["pharmacy_id"]) <= set(story["pharmacies"]) <= shops
        assert during_text(story, lines["day"])
        if story["subject_kind"] == "buyer":
            assert set(lines["buyer_id_no"]) == {story["subject"]}
        if story["subject_kind"] == "lot":
            assert set(lines["drug_code"] + ":" + lines["batch_no"]) == {story["subject"]}


def during_text(story: dict[str, str], days: pd.Series) -> bool:
    return bool(days.between(pd.Timestamp(story["from"]), pd.Timestamp(story["until"])).all())


def test_silent_shops_are_the_guilty_ones(year: Written) -> None:
    runs = plain_rules.silent_shops(year.city)
    found = {(one.pharmacy_id, one.min.date(), one.max.date()) for one in runs.itertuples()}
    guilty = {(one.subject, one.since, one.until) for one in year.truth.of("R-M20", "guilty")}
    assert found == guilty


def test_nobody_but_the_tiny_is_idle_for_a_day_without_a_story(year: Written) -> None:
    quiet = plain_rules.silent_days(year.city).query("mean >= 3")
    told = {
        one.subject for one in year.truth.stories if one.rule == "R-M20" and one.story != "silent_on_sundays"
    }
    assert set(quiet["pharmacy_id"]) <= told


@pytest.mark.parametrize("story", ["silent_declared_closure", "silent_town_outage", "silent_spring_festival"])
def test_innocent_silences_are_silences(year: Written, story: str) -> None:
    told = [one for one in year.truth.of("R-M20", "innocent") if one.story == story]
    assert told
    for one in told:
        lines = year.city.sales.query("pharmacy_id == @one.subject")["day"]
        assert lines.between(pd.Timestamp(one.since), pd.Timestamp(one.until)).sum() == 0


def test_most_of_the_town_shares_the_outage_and_none_of_it_the_guilt(year: Written) -> None:
    struck = {one.subject for one in year.truth.of("R-M20", "innocent") if one.story == "silent_town_outage"}
    shops = year.city.pharmacies.query("town_code == '330482002' and status == 'active'")["license_no"]
    assert len(struck & set(shops)) > 0.5 * len(shops)
    assert not struck & {one.subject for one in year.truth.of("R-M20", "guilty")}


def test_surges_of_special_drugs_are_the_guilty_ones(year: Written) -> None:
    found = pd.concat([plain_rules.surges(year.city, one) for one in ("EPH", "OPI_CMP", "PSY2")])
    guilty = year.truth.of("R-M30", "guilty")
    assert set(found["pharmacy_id"]) == {one.subject for one in guilty}
    for one in guilty:
        assert during(one, found.loc[found["pharmacy_id"] == one.subject, "day"])


def test_no_lookalike_of_a_surge_surges_in_its_time(year: Written) -> None:
    for category in ("EPH", "OPI_CMP", "PSY2", "WATCH", "FOUR", "ABX"):
        found = plain_rules.surges(year.city, category)
        for one in year.truth.of("R-M30", "innocent"):
            assert not during(one, found.loc[found["pharmacy_id"] == one.subject, "day"]), (
                category,
                one.story,
            )


def test_the_one_day_lookalike_would_surge_if_it_lasted(year: Written) -> None:
    one = next(story for story in year.truth.of("R-M30", "innocent") if story.story == "surge_one_day")
    lines = year.city.sales.query("pharmacy_id == @one.subject and category.str.contains('OPI_CMP')")
    packs = lines.groupby("day")["quantity"].sum()
    assert packs[pd.Timestamp(one.since)] >= 15
    assert packs.get(pd.Timestamp(one.until), 0.0) < 10


def test_the_epidemic_towns_signal_and_their_lookalikes_do_not(year: Written) -> None:
    found = plain_rules.epidemic(year.city, towns_of(year))
    for one in year.truth.of("R-H01", "guilty"):
        days = found[(found["town"] == one.subject) & found["group"].isin(["fever", "cough"])]["day"]
        assert during(one, days)
    for one in year.truth.of("R-H01", "innocent"):
        assert not during(one, found.loc[found["town"] == one.subject, "day"]), one.story
    assert len(found) < 40  # and chance alone gives few


def test_the_crowd_holds_no_recalled_lot_and_no_code_twice(year: Written) -> None:
    planted = {line_id for story in year.truth.stories for line_id in story.sale_ids}
    crowd = year.city.sales[~year.city.sales["line_id"].isin(planted)]
    assert not set(crowd["batch_no"]) & set(year.city.recalls["batch_no"])
    assert not crowd[crowd["quantity"] > 0]["trace_code"].dropna().duplicated().any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_small_city_is_as_fair(seed: int, tmp_path: Path) -> None:
    truth = write_city(tmp_path, days=60, pharmacies=40, seed=seed)
    city = plain_rules.read_city(tmp_path)
    for rule, find in EXACT.items():
        assert find(city) == {story.subject for story in truth.of(rule, "guilty")}, rule
    silent = set(plain_rules.silent_shops(city)["pharmacy_id"])
    assert silent == {story.subject for story in truth.of("R-M20", "guilty")}
