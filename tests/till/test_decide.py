"""What a till is told, on both sides of every limit; and the settings it goes by."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from yaotong.errors import ConfigError
from yaotong.till.decide import Bought, Drug, Question, decide, unknown
from yaotong.till.settings import Allowing, read_allowing

NOW = datetime(2026, 4, 1, 12)
EPH = Drug("酚麻美敏片", "|EPH|OTC_A|", None, 300.0)
PSY2 = Drug("地西泮片", "|PSY2|RX|", None, None)
OPI = Drug("复方甘草片", "|OPI_CMP|RX|", None, None)
PLAIN = Drug("维生素C", "|OTC_B|", None, None)


def asked(
    drug: Drug, packs: float = 1, past: tuple[tuple[float, float], ...] = (), **more: Any
) -> tuple[str, str]:
    """`past`: (hours ago, packs) of ephedrine compounds."""
    lines = tuple(
        Bought(NOW - timedelta(hours=hours), "EPH", had, had * (drug.mg or 0)) for hours, had in past
    )
    code_out = more.pop("code_out", False)
    question = Question(more.pop("buyer", "k1:aa"), "D", packs, **more)
    told = decide(question, drug, lines, code_out=code_out, now=NOW)
    return told.verdict, told.reason


@pytest.mark.parametrize(
    ("drug", "packs", "past", "more", "told"),
    [
        (EPH, 2, (), {}, ("allow", "within")),
        (EPH, 2.5, (), {}, ("limit_reached", "one_sale")),
        (Drug("x", "|EPH|", 1.0, None), 2, (), {}, ("limit_reached", "one_sale")),
        (EPH, 2, ((23.9, 1.9),), {}, ("allow", "within")),
        (EPH, 2, ((23.9, 2),), {}, ("show_to_pharmacist", "gathered")),
        (EPH, 2, ((24, 2),), {}, ("allow", "within")),
        (EPH, 2, ((100, 4),), {}, ("show_to_pharmacist", "gathered")),
        (EPH, 2, ((168, 4),), {}, ("allow", "within")),
        (EPH, 2, ((200, 8),), {}, ("show_to_pharmacist", "gathered")),
        (EPH, 2, ((720, 8),), {}, ("allow", "within")),
        (EPH, 2, ((100, 4), (90, -1)), {}, ("allow", "within")),  # one came back
        (Drug("x", "|EPH|", None, 1200.0), 2, ((200, 4),), {}, ("show_to_pharmacist", "gathered_mg")),
        (Drug("x", "|EPH|", None, 1199.0), 2, ((200, 4),), {}, ("allow", "within")),
        (EPH, 1, (), {"buyer": ""}, ("show_to_pharmacist", "nobody_registered")),
        (EPH, 5, ((1, 9),), {"prescription": True}, ("allow", "within")),
        (PSY2, 1, (), {}, ("limit_reached", "no_prescription")),
        (PSY2, 1, (), {"prescription": True}, ("show_to_pharmacist", "prescription_to_check")),
        (PSY2, 1, (), {"prescription": True, "minor": True}, ("limit_reached", "minor")),
        (OPI, 1, (), {}, ("limit_reached", "no_prescription")),
        (OPI, 1, (), {"prescription": True}, ("allow", "within")),
        (PLAIN, 99, (), {"buyer": ""}, ("allow", "not_special")),
        (PLAIN, 1, (), {"code_out": True}, ("show_to_pharmacist", "code_sold_before")),
    ],
)
def test_each_limit_from_both_sides(
    drug: Drug,
    packs: float,
    past: tuple[tuple[float, float], ...],
    more: dict[str, Any],
    told: tuple[str, str],
) -> None:
    assert asked(drug, packs, past, **more) == told


def test_what_is_forbidden_or_doubtful_names_its_law() -> None:
    told = decide(Question("k1:a", "D", 3), EPH, (), code_out=False, now=NOW)
    assert "〔2012〕260号" in told.law
    assert told.packs_left == 2


@pytest.mark.parametrize(("drug", "setting", "verdict"), [
    (EPH, {}, "show_to_pharmacist"), (EPH, {"EPH": "closed"}, "show_to_pharmacist"), (EPH, {"EPH": "open"}, "allow"),
    (PSY2, {"EPH": "open"}, "show_to_pharmacist"), (PLAIN, {}, "allow"),
])  # fmt: skip
def test_when_nothing_is_known_each_category_fails_as_it_was_set(
    drug: Drug, setting: dict[str, str], verdict: str
) -> None:
    assert unknown(drug, Allowing(on_failure=setting)).verdict == verdict


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"on_failure": {"EPH": "maybe"}}, ""), ({"on_failure": {"RX": "open"}}, ""), ({"on_failure": []}, ""),
        ({"stale_hours": 0}, ""), ({"tills_file": "t"}, "P0 short"), ({"tills_file": "t"}, "P0"),
    ],
)  # fmt: skip
def test_settings_that_are_wrong_say_how_to_mend_them(
    table: dict[str, Any], text: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="应"):
        read_allowing(table, tmp_path, tmp_path / "settings.toml", lambda _path: text)


def test_settings_as_they_should_be(tmp_path: Path) -> None:
    table = {"on_failure": {"EPH": "open"}, "tills_file": "keys/t", "stale_hours": 1}
    made = read_allowing(table, tmp_path, tmp_path / "s", lambda _path: f"P0 {'x' * 32}\n\n")
    assert (made.fails_open("EPH"), made.fails_open("PSY2"), made.stale_hours) == (True, False, 1)
    assert made.tills == {"P0": "x" * 32}
    assert "x" * 32 not in repr(made)
