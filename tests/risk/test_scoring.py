"""The score beside its plain twin, each component worked by hand, and what may never happen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.risk.plain import V1, alert, inputs, plain_score, shop, six, some_inputs
from yaotong.risk import COMPONENTS, Inputs, score
from yaotong.risk.scoring import Scored


def one(scored: Scored, license_no: str = "S") -> dict[str, Any]:
    """A shop's row."""
    return scored.shops.set_index("license_no").loc[license_no].to_dict()


def row(*alerts: dict[str, Any], **measures: Any) -> dict[str, Any]:
    """The row of a single shop."""
    return one(score(inputs([shop(**measures)], alerts), V1))


@given(some_inputs())
def test_it_agrees_with_a_plain_twin(given_inputs: Inputs) -> None:
    found = score(given_inputs, V1).shops.set_index("license_no")
    for name, plain in plain_score(given_inputs, V1).items():
        told = found.loc[name]
        for component in COMPONENTS:
            points = told[component]
            assert (None if pd.isna(points) else round(points * 100)) == plain[component], (name, component)
        assert (round(told["least"] * 100), told["grade"], told["insufficient"]) == tuple(
            plain[one] for one in ("least", "grade", "insufficient")
        )
        assert pd.isna(told["score"]) == bool(plain["insufficient"])


@pytest.mark.slow
@given(some_inputs(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_nothing(given_inputs: Inputs, chance: Any) -> None:
    def mixed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sample(frac=1, random_state=chance.randint(0, 2**31))

    again = Inputs(mixed(given_inputs.shops), mixed(given_inputs.alerts))
    pd.testing.assert_frame_equal(score(given_inputs, V1).shops, score(again, V1).shops, check_exact=True)


@pytest.mark.slow
@given(some_inputs(), st.integers(0, 400), st.data())
def test_a_confirmed_red_alert_never_lowers(given_inputs: Inputs, age: int, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(given_inputs.shops["license_no"])))
    added = pd.DataFrame([alert("new", name, status="confirmed", age_days=age)])
    more = Inputs(given_inputs.shops, pd.concat([given_inputs.alerts, added], ignore_index=True))
    before, after = score(given_inputs, V1).shops, score(more, V1).shops
    assert (after["least"] >= before["least"]).all()
    assert (after["grade"] >= before["grade"]).all()


@pytest.mark.slow
@given(some_inputs(), st.sampled_from(("refuted", "dismissed")))
def test_refuting_never_raises(given_inputs: Inputs, ending: str) -> None:
    refuted = Inputs(given_inputs.shops, given_inputs.alerts.assign(status=ending))
    before, after = score(given_inputs, V1).shops, score(refuted, V1).shops
    assert (after["least"] <= before["least"]).all()
    assert (after[["alerts"]] == 0).all().all()


@pytest.mark.slow
@given(some_inputs())
def test_time_alone_never_raises_the_points_of_alerts(given_inputs: Inputs) -> None:
    older = Inputs(
        given_inputs.shops, given_inputs.alerts.assign(age_days=given_inputs.alerts["age_days"] + 30)
    )
    assert (score(older, V1).shops["alerts"] <= score(given_inputs, V1).shops["alerts"]).all()


@given(some_inputs())
def test_a_score_is_the_sum_of_its_parts_within_its_bounds(given_inputs: Inputs) -> None:
    found = score(given_inputs, V1).shops
    summed = sum(round(found[name].fillna(0) * 100) for name in COMPONENTS if name != "credit") - round(
        found["credit"] * 100
    )
    assert (round(found["least"] * 100) == summed.clip(0, 10_000)).all()
    assert (found["least"] <= found["high"]).all()
    assert found["high"].between(0, 100).all()


LACKS = {
    "duty": {"sends_duty": False, "open_hours": np.nan, "absent_hours": np.nan},
    "sales": {"lines": 0.0, "dated_lines": 0.0, "sends_duty": True, "open_hours": 300.0, "absent_hours": 0.0},
}
CLEAN = {"sends_duty": True, "open_hours": 300.0, "absent_hours": 0.0}


@pytest.mark.slow
@pytest.mark.parametrize("what", LACKS)
@given(st.integers(0, 60))
def test_what_is_missing_is_never_classed_lower_than_nothing_amiss(what: str, age: int) -> None:
    others = [shop(f"P{number}", sends_duty=True, open_hours=300.0, absent_hours=0.0) for number in range(12)]
    alerts = [alert(level="yellow", age_days=age)]
    missing = one(score(inputs([shop(**LACKS[what]), *others], alerts), V1))
    clean = one(score(inputs([shop(**CLEAN), *others], alerts), V1))
    assert clean["grade"] == "A"
    assert missing["grade"] == "B"
    assert missing["held"]
    assert missing["high"] >= clean["high"]


@pytest.mark.parametrize(
    ("measures", "component", "reason"),
    [
        ({"sends_duty": True}, "absence", "no_opening_hours"),
        ({"sends_duty": True, "open_hours": 0.0, "absent_hours": 0.0}, "absence", "no_opening_hours"),
        ({"lines": 0.0, "dated_lines": 0.0}, "special", "no_recent_sales"),
        ({"lines": 0.0, "dated_lines": 0.0, "silent_days": np.nan}, "special", "no_sales_sent"),
        ({"lines": 0.0, "dated_lines": 0.0, "silent_days": np.nan}, "quality", "no_sales_sent"),
    ],
)
def test_what_is_unknown_says_why(measures: dict[str, Any], component: str, reason: str) -> None:
    found = row(**measures)
    assert np.isnan(found[component])
    assert found[f"{component}_reason"] == reason


def test_a_feed_that_nobody_sends_holds_nobody_back() -> None:
    found = row()
    assert (found["absence_reason"], found["held"], found["grade"]) == ("no_duty_feed", False, "A")
    assert np.isnan(found["absence"])
    assert found["high"] == found["least"] + 10


@pytest.mark.parametrize(
    ("silent", "why"), [(np.nan, "never_sent"), (0.0, ""), (6.0, ""), (7.0, "silent"), (300.0, "silent")]
)
def test_a_shop_that_does_not_report_has_no_class(silent: float, why: str) -> None:
    found = row(alert(), silent_days=silent)
    assert found["insufficient"] == why
    assert (found["grade"] == "") == bool(why)
    assert np.isnan(found["score"]) == bool(why)
    assert found["least"] >= 40, "what is known of it is still told"


@pytest.mark.parametrize(
    ("told", "points"),
    [
        ({}, 20.0),
        ({"age_days": 90}, 7.36),
        ({"age_days": 45}, 12.13),
        ({"level": "orange"}, 8.0),
        ({"level": "yellow"}, 3.0),
        ({"level": "blue"}, 1.0),
        ({"named": 4}, 5.0),
        ({"named": 3, "level": "blue"}, 0.33),
        ({"status": "confirmed"}, 20.0),
        ({"status": "refuted"}, 0.0),
        ({"status": "dismissed"}, 0.0),
    ],
)
def test_an_alert_by_level_age_state_and_shops(told: dict[str, Any], points: float) -> None:
    assert row(alert(**told))["alerts"] == points


@pytest.mark.parametrize(
    ("alerts", "measures", "points"),
    [
        ([], {}, 0.0),
        ([{"status": "open"}], {}, 0.0),
        ([{"status": "confirmed", "level": "orange", "age_days": 365}], {}, 5.0),
        ([{"status": "confirmed", "level": "orange", "age_days": 366}], {}, 0.0),
        ([{"status": "confirmed", "level": "yellow", "named": 2}], {}, 1.0),
        ([], {"filed": 1}, 6.0),
        ([], {"ordered": 2, "corrected": 1}, 7.0),
        ([{"status": "confirmed"}], {"filed": 1}, 10.0),
    ],
)
def test_breaches_of_a_year(alerts: list[dict[str, Any]], measures: dict[str, Any], points: float) -> None:
    given_alerts = [alert(f"a{number}", **told) for number, told in enumerate(alerts)]
    assert row(*given_alerts, **measures)["breaches"] == points


@pytest.mark.parametrize(
    ("measures", "points", "reason"),
    [
        ({}, 0.0, "no_record"),
        ({"passed": 1}, 5.0, ""),
        ({"passed": 2}, 10.0, ""),
        ({"passed": 3}, 10.0, ""),
        ({"passed": 2, "corrected": 1}, 0.0, "breached"),
    ],
)
def test_credit_is_earned_and_not_given_for_nothing(
    measures: dict[str, Any], points: float, reason: str
) -> None:
    found = row(**measures)
    assert (found["credit"], found["credit_reason"]) == (points, reason)


def test_small_numbers_are_pulled_to_their_kind() -> None:
    """Twelve shops of 1,000 lines with 1 % to 12 % special, and one with a single special sale of two.

    Their mean is 781/12,002.
    """
    peers = [shop(f"P{number:02d}", kind="single", special_lines=10.0 * number) for number in range(1, 13)]
    small = shop("S", kind="single", lines=2.0, special_lines=1.0)
    scored = score(inputs([*peers, small]), V1)
    prior = scored.priors["special"]["single"]
    assert (prior.mean, prior.shops) == (0.065072, 13)
    share = six((1 + prior.mean * prior.strength) / (2 + prior.strength))
    assert one(scored)["special"] == round(10 * share / V1.special_full, 2)
    assert one(scored)["special"] < 10, "half of two sales is not half of a business"
    assert one(scored, "P12")["special"] > 5
    assert 1 < one(scored, "P02")["special"] < 1.25, "a thousand lines speak for themselves"


@pytest.mark.parametrize(("count", "kinds"), [(10, {"", "single"}), (9, {""})])
def test_a_kind_of_few_shops_has_no_mean_of_its_own(count: int, kinds: set[str]) -> None:
    peers = [shop(f"P{number:02d}", kind="single", special_lines=5.0) for number in range(count)]
    assert set(score(inputs([*peers, shop("S", kind="other")]), V1).priors["special"]) == kinds


@pytest.mark.parametrize(
    ("measures", "points"),
    [
        ({}, 0.0),
        ({"days_missing": 6.0}, 1.0),
        ({"days_due": 0.0}, 0.0),
        ({"faults": 1}, 2.0),
        ({"faults": 9}, 10.0),
        ({"late_lines": 150.0}, 1.0),
        ({"late_lines": 151.0}, 0.0),
        ({"registrable": 10, "unregistered": 5}, 1.5),
    ],
)
def test_the_quality_of_data(measures: dict[str, Any], points: float) -> None:
    assert row(**measures)["quality"] == points


@pytest.mark.parametrize(("absent", "points"), [(0.0, 0.0), (30.0, 2.0), (150.0, 10.0), (300.0, 10.0)])
def test_a_pharmacist_away(absent: float, points: float) -> None:
    found = row(sends_duty=True, open_hours=300.0, absent_hours=absent)
    assert (found["absence"], found["absence_reason"]) == (points, "")


@pytest.mark.parametrize(
    ("points", "grade"),
    [(0, "A"), (29.99, "A"), (30, "B"), (54.99, "B"), (55, "C"), (74.99, "C"), (75, "D"), (100, "D")],
)
def test_classes_on_both_sides_of_every_limit(points: float, grade: str) -> None:
    assert V1.grade(points) == grade
    found = one(score(inputs([shop()]), replace(V1, base=points)))
    assert (found["least"], found["grade"]) == (points, grade)


def test_the_score_ends_at_a_hundred() -> None:
    found = row(*(alert(f"a{number}") for number in range(9)))
    assert (found["alerts"], found["score"], found["grade"]) == (180.0, 100.0, "D")


def test_an_alert_about_an_unknown_shop_is_left_out() -> None:
    assert row(alert(license_no="elsewhere"))["alerts"] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grade_limits": (30, 30, 75)}, "rise"),
        ({"grade_limits": (55, 30, 75)}, "rise"),
        ({"level_points": {}}, "every level"),
        ({"decay_days": 0}, "empty span"),
        ({"base": float("nan")}, "base"),
        ({"late_points": -1.0}, "late_points"),
        ({"strength_low": 9e9}, "empty span"),
        ({"checks_months": {}}, "every class"),
    ],
)
def test_a_formula_checks_itself(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(V1, **change)


@pytest.mark.parametrize(
    ("shops", "alerts", "said"),
    [
        ([shop(), shop()], [], "one row"),
        ([shop(special_lines=1001.0)], [], "exceed"),
        ([shop(faults=-1)], [], "is a count"),
        ([shop(lines=np.nan)], [], "is a count"),
        ([shop()], [alert(), alert()], "names a shop once"),
        ([shop()], [alert(status="lost")], "refuted or dismissed"),
        ([shop()], [alert(named=0)], "names a shop"),
        ([shop()], [alert(age_days=-1)], "age"),
    ],
)
def test_inputs_check_themselves(
    shops: list[dict[str, Any]], alerts: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        inputs(shops, alerts)
