"""`yaotong scan` on tables: what comes out, what is refused, and that no row knows its future."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.detection.making import noise, table
from yaotong import cli
from yaotong.detection.methods import METHODS
from yaotong.detection.panel import REASONS, REFUSES
from yaotong.detection.scan import COLUMNS, scan
from yaotong.errors import UsageError

DAYS = 300


def _rise() -> np.ndarray:
    y = noise(10.0, DAYS)
    y[250:260] += 25
    return y


@pytest.fixture(scope="module")
def group() -> pd.DataFrame:
    series = {f"s{one}": noise(8.0, DAYS, seed=one) for one in range(6)}
    series["s3"][260:270] += 20
    return table(series, group_id="g")


def test_columns_come_as_the_contract_says_and_rows_as_given() -> None:
    given = table({"b": _rise(), "a": noise(5.0, DAYS, 2)}).sample(frac=1.0, random_state=3)
    found = scan(given).table
    assert tuple(found.columns[: len(COLUMNS)]) == COLUMNS
    assert found["series_id"].tolist() == given["series_id"].tolist()
    assert (found["date"].to_numpy() == given["date"].to_numpy()).all()


def test_a_rise_is_found_and_quiet_days_are_not() -> None:
    found = scan(table({"a": _rise()})).table
    assert found["alarm"][250:260].mean() > 0.7
    assert found["alarm"][60:250].mean() < 0.05
    day = found.loc[250]
    assert day["p_value"] < 1e-4
    assert 5 < day["expected"] < 20 < day["upper"] + 10 < 45
    assert found["reason"][250].endswith("偏高")


def test_the_first_two_months_are_unknown_and_never_normal() -> None:
    found = scan(table({"a": _rise()})).table
    first = found[:56]
    assert first["alarm"].isna().all()
    assert first["p_value"].isna().all()
    assert first["reason"].str.startswith("insufficient").all()
    assert found["alarm"][56:].notna().all()


@pytest.mark.parametrize("cut", [90, 180, 255])
def test_what_comes_later_changes_nothing(group: pd.DataFrame, cut: int) -> None:
    dates = np.sort(group["date"].unique())
    early = group["date"] <= dates[cut]
    whole, part = scan(group).table[early.to_numpy()], scan(group[early]).table
    for column in ("expected", "upper", "score", "p_value", "q_value", "alarm"):
        pd.testing.assert_series_equal(
            whole[column].reset_index(drop=True), part[column].reset_index(drop=True), check_exact=True
        )


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"weekly"}))
def test_no_daily_method_knows_the_future(method: str) -> None:
    y = noise(10.0, 1300)
    whole = scan(table({"a": y}), method).table[:1250]
    part = scan(table({"a": y[:1250]}), method).table
    assert whole["p_value"].tolist() == pytest.approx(part["p_value"].tolist(), nan_ok=True, rel=1e-9)
    assert part["p_value"].notna().sum() > 100


@pytest.mark.parametrize("method", ["auto", "farrington", "farrington_flexible", "cusum", "glrnb"])
def test_no_weekly_method_knows_the_future(method: str) -> None:
    y = noise(10.0, 320)
    whole = scan(table({"a": y}, step=7), method).table[:300]
    part = scan(table({"a": y[:300]}, step=7), method).table
    assert whole["p_value"].tolist() == pytest.approx(part["p_value"].tolist(), nan_ok=True, rel=1e-9)
    assert part["p_value"].notna().sum() > 20


def test_the_order_of_rows_and_series_says_nothing(group: pd.DataFrame) -> None:
    mixed = group.sample(frac=1.0, random_state=5)
    one = scan(group).table.set_index(["series_id", "date"]).sort_index()
    other = scan(mixed).table.set_index(["series_id", "date"]).sort_index()
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_another_group_changes_nothing_but_q(group: pd.DataFrame) -> None:
    more = table({f"t{one}": noise(30.0, DAYS, seed=50 + one) for one in range(5)}, group_id="h")
    alone = scan(group).table
    both = scan(pd.concat([group, more], ignore_index=True)).table[: len(group)]
    for column in ("expected", "upper", "score", "p_value"):
        assert both[column].tolist() == pytest.approx(alone[column].tolist(), nan_ok=True, rel=0, abs=0)


def test_what_moves_the_whole_group_is_no_ones_event() -> None:
    wave = np.where(np.arange(DAYS) >= 240, 2.0, 1.0)
    series = {f"s{one}": noise(1.0, DAYS, seed=one) + np.round(9 * wave).astype(int) for one in range(12)}
    alone, grouped = scan(table(series)).table, scan(table(series, group_id="g")).table
    assert grouped["method"].eq("group").all()
    late = alone["date"] >= alone["date"].unique()[240]
    assert alone.loc[late, "alarm"].mean() > 0.2
    assert grouped.loc[late, "alarm"].mean() < 0.02


BAD = {
    "negative": np.r_[noise(10.0, 99), -1],
    "not_integer": np.r_[noise(10.0, 99).astype(float), 2.5],
    "bad_number": np.r_[noise(10.0, 99).astype(float), np.inf],
    "one_point": np.array([7]),
}


@pytest.mark.parametrize("reason", sorted(BAD))
def test_a_bad_series_has_its_reason_and_the_others_are_computed(reason: str) -> None:
    good = table({"good": _rise()})
    found = scan(pd.concat([table({"bad": BAD[reason]}), good], ignore_index=True))
    assert found.refused == {"bad": reason}
    bad = found.table[found.table["series_id"] == "bad"]
    assert bad["alarm"].isna().all()
    assert (bad["reason"] == f"insufficient: {REASONS[reason]}").all()
    rest = found.table[found.table["series_id"] == "good"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, scan(good).table)


def test_two_rows_of_one_day_and_days_that_are_none_are_refused() -> None:
    y = table({"twice": noise(10.0, 90), "never": noise(10.0, 90), "good": noise(10.0, 90)}).astype(
        {"date": object}
    )
    y.loc[5, "date"] = y.loc[6, "date"]
    y.loc[95, "date"] = "昨天"
    monthly = pd.DataFrame(
        {"series_id": "monthly", "date": pd.date_range("2022-01-01", periods=30, freq="MS"), "observed": 5}
    )
    found = scan(pd.concat([y, monthly], ignore_index=True))
    assert found.refused == {
        "twice": "duplicate_dates",
        "never": "bad_date",
        "monthly": "neither_daily_nor_weekly",
    }


def test_gaps_are_not_zeros() -> None:
    whole = table({"a": noise(10.0, DAYS)})
    gone = whole.drop(index=range(200, 214))
    found = scan(gone)
    assert found.noted == {"a": "gaps"}
    after = found.table[200:]
    assert after["expected"].between(6, 15).all()
    assert after["alarm"].mean() < 0.1


def test_a_constant_series_is_unknown_until_it_moves() -> None:
    y = np.full(DAYS, 5)
    y[280] = 60
    found = scan(table({"a": y})).table
    assert found["alarm"][:280].isna().all()
    assert found["reason"][200] == f"insufficient: {REASONS['constant']}"
    assert found["alarm"][280]
    assert scan(table({"a": np.full(DAYS, 5)})).noted == {"a": "constant"}


def test_a_mistyped_billion_alarms_once_and_teaches_nothing() -> None:
    y = noise(10.0, DAYS)
    typo = y.copy()
    typo[150] = 10**9
    found = scan(table({"a": typo}))
    assert found.noted == {"a": "implausible"}
    assert found.table["alarm"][150]
    assert found.table["alarm"][151:].mean() < 0.05
    usual = scan(table({"a": y})).table
    assert found.table["expected"][200:].to_numpy() == pytest.approx(
        usual["expected"][200:].to_numpy(), rel=0.15
    )


def test_a_mistyped_first_month_does_not_set_the_level() -> None:
    y = noise(10.0, DAYS)
    y[3] = 10**9
    assert scan(table({"a": y})).table["expected"][100:].between(6, 16).all()


def test_a_handful_of_sales_says_nothing() -> None:
    y = np.zeros(DAYS, int)
    y[[20, 90, 170]] = 1
    found = scan(table({"a": y})).table
    assert found["alarm"].isna().all()
    assert found["reason"][250] == f"insufficient: {REASONS['too_few']}"


def test_population_and_promotions_explain() -> None:
    y, people = noise(10.0, DAYS), np.full(DAYS, 1000.0)
    y[200:] *= 2
    people[200:] *= 2
    told = scan(table({"a": y}, expected_population=people)).table
    assert scan(table({"a": y})).table["alarm"][200:215].mean() > 0.5
    assert told["alarm"][200:215].mean() < 0.15
    y, promoted = noise(10.0, DAYS), np.arange(DAYS) % 30 == 0
    y[promoted] += 25
    assert scan(table({"a": y})).table["alarm"][240]
    assert not scan(table({"a": y}, is_promotion=promoted)).table["alarm"][240]


def test_wrong_use_is_told() -> None:
    good = table({"a": noise(5.0, 80)})
    for given, method, alpha, word in (
        (good.drop(columns="observed"), "auto", 0.01, "observed"),
        (good, "magic", 0.01, "magic"),
        (good, "auto", 0.0, "alpha"),
        (good, "weekly", 0.01, "逐周"),
    ):
        with pytest.raises(UsageError, match=word):
            scan(given, method, alpha)


def test_every_reason_has_words() -> None:
    assert set(REFUSES) < set(REASONS)


def _run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["scan", *map(str, arguments)])
    return int(stopped.value.code or 0)


def test_the_command_reads_and_writes_parquet_and_csv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = pd.concat([table({"good": _rise()}), table({"bad": BAD["negative"]})], ignore_index=True)
    given[:DAYS].to_parquet(tmp_path / "in.parquet")
    given.to_csv(tmp_path / "in.csv", index=False)
    assert _run(tmp_path / "in.parquet", tmp_path / "out.parquet") == 0
    assert pd.read_parquet(tmp_path / "out.parquet")["alarm"].sum() >= 7
    assert _run(tmp_path / "in.csv", tmp_path / "out.csv") == 1
    assert "bad：有负的计数（negative）" in capsys.readouterr().err
    assert len(pd.read_csv(tmp_path / "out.csv")) == len(given)
    assert _run(tmp_path / "none.parquet", tmp_path / "out.parquet") == 2
    (tmp_path / "odd.parquet").write_bytes(b"no table")
    assert _run(tmp_path / "odd.parquet", tmp_path / "out.parquet") == 2
