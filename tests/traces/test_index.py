"""The index answers as the slow way does, in whatever parts scans come, and stands through any cut."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traces import plain_codes
from yaotong.errors import StoreError
from yaotong.traces import kernels, runs
from yaotong.traces.codes import OTHERS, PURCHASE, Names, keys_of
from yaotong.traces.index import Traces

START = datetime(2026, 3, 1, 8)
WORDS = ["FIRST", "RETURN", "RESCAN", "SPLIT", "BIGGER", "AGAIN", "DUPLICATE"]
USUAL = "8103300{:013d}"
_CODES = st.sampled_from([USUAL.format(1), USUAL.format(2), "ABC/1", "89999999999999999999"])
_SALE = st.fixed_dictionaries(
    {
        "trace_code": _CODES,
        "pharmacy_id": st.sampled_from(["A", "B"]),
        "drug_code": st.just("D"),
        "quantity": st.sampled_from([1.0, 1.0, 0.5, 0.6, -1.0, 10.0]),
        "buyer": st.sampled_from([None, "k1:aa"]),
        "minutes": st.sampled_from([0, 2, 300]),
    }
)
_BUY = st.fixed_dictionaries(
    {
        "trace_code": _CODES,
        "pharmacy_id": st.just("A"),
        "drug_code": st.just("D"),
        "quantity": st.sampled_from([1.0, 10.0]),
    }
)
_TYPES = {"quantity": pa.float64(), "at": pa.timestamp("s")}


def table(rows: list[Any]) -> pa.Table:
    names = ("trace_code", "at", "pharmacy_id", "drug_code", "quantity", "buyer")
    return pa.table(
        {one: pa.array([row.get(one) for row in rows], _TYPES.get(one, pa.string())) for one in names}
    )


def dated(rows: list[Any]) -> list[Any]:
    """Every sale some minutes and a second after the one before it."""
    at, made = START, []
    for row in rows:
        at += timedelta(minutes=row["minutes"], seconds=1)
        made.append({**row, "at": at})
    return made


def scan(
    code: str, minutes: int, shop: str = "A", packs: float = 1.0, buyer: str | None = None
) -> dict[str, Any]:
    at = START + timedelta(minutes=minutes)
    return {
        "trace_code": code,
        "at": at,
        "pharmacy_id": shop,
        "drug_code": "D",
        "quantity": packs,
        "buyer": buyer,
    }


@settings(max_examples=40)
@given(st.lists(_SALE, max_size=14), st.lists(_BUY, max_size=3), st.randoms(use_true_random=False), st.data())
def test_every_scan_is_told_as_the_slow_way_does(
    tmp_path_factory: pytest.TempPathFactory, sales: list[Any], bought: list[Any], rng: Any, data: Any
) -> None:
    sales, bought = dated(sales), [{**row, "at": START} for row in bought]
    rng.shuffle(sales)
    index = Traces(tmp_path_factory.mktemp("traces"))
    index.buy(table(bought))
    scans = []
    while sales[len(scans) :]:
        size = data.draw(st.integers(1, 5))
        part = sales[sum(map(len, scans)) :][:size]
        if not part:
            break
        scans.append(index.read(table(part), 0))
        index.add([scans[-1]])
        if rng.random() < 0.5:
            index.settle()
    found = [WORDS[one] for part in scans for one in Traces(index.folder).answers(part).said]
    assert found == plain_codes.told(sales, bought)
    assert len(index) == len(sales) + len(bought)


def test_a_wording_that_no_longer_holds_is_as_if_never_said(tmp_path: Path) -> None:
    index = Traces(tmp_path)
    code = USUAL.format(7)
    index.scan(table([scan(code, 0), scan(code, 60, "B")]))
    assert [WORDS[one] for one in index.codes([code]).said] == ["FIRST", "DUPLICATE"]
    wrong = index.read(table([scan(code, 60, "B")]), 0)
    right = index.read(table([scan(USUAL.format(8), 60, "B")]), 0)
    index.add([right], withdrawn=[wrong], version=9)
    again = Traces(tmp_path)
    assert again.manifest.version == 9
    told = again.codes([code, USUAL.format(8)])
    assert [one for one in told.said if one != kernels.GONE] == [kernels.FIRST, kernels.FIRST]
    again.settle()
    assert sorted(Traces(tmp_path).codes([code]).said) == [kernels.FIRST, kernels.GONE, kernels.GONE]


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("8" + "0" * 19, 0),
        ("8" + "9" * 19, 9_999_999_999_999_999_999),
        ("7" + "9" * 19, OTHERS),
        ("8" + "9" * 20, OTHERS),
        ("ABC123", OTHERS),
        ("A" * 100, OTHERS),
        ("A" * 101, None),
        ("9" * 19, None),  # a bar code of goods
        ("0" * 20, None),
        ("", None),
        (None, None),
    ],
)
def test_which_texts_are_codes(code: str | None, key: int | None) -> None:
    keys, valid = keys_of(pa.array([code], pa.string()), Names())
    assert (int(keys[0]) if valid[0] else None) == key


def test_a_code_of_wrong_length_is_refused_and_the_others_are_told(tmp_path: Path) -> None:
    answers = Traces(tmp_path).scan(table([scan("123", 0), scan(USUAL.format(1), 0)]))
    assert (answers.refused.tolist(), answers.kept.tolist()) == ([0], [1])
    assert answers.said.tolist() == [kernels.FIRST]


def test_keys_are_found_at_every_place_of_a_block(tmp_path: Path) -> None:
    many = 3 * kernels.STRIDE + 5
    keys = np.repeat(np.arange(1, many, 2, dtype=np.uint64), 1)
    keys = np.sort(np.concatenate([keys, keys[kernels.STRIDE // 2 : kernels.STRIDE]]))
    samples = np.ascontiguousarray(keys[:: kernels.STRIDE])
    wanted = np.arange(0, many + 2, dtype=np.uint64)
    low, high = np.empty(len(wanted), np.int64), np.empty(len(wanted), np.int64)
    kernels.find(keys, samples, wanted, low, high)
    assert low.tolist() == np.searchsorted(keys, wanted, "left").tolist()
    assert high.tolist() == np.searchsorted(keys, wanted, "right").tolist()


class _Cut(Exception):
    """The power is gone."""


def _at_every_cut(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> int:
    """Run an act again and again, cut at its 1st, 2nd, … call that puts something on the disk."""
    kept = {name: getattr(os, name) for name in ("fsync", "replace")}
    for allowed in range(100):
        left = [allowed]

        def cut(name: str, left: list[int] = left) -> Callable[..., Any]:
            def call(*given: Any) -> Any:
                if not left[0]:
                    raise _Cut
                left[0] -= 1
                return kept[name](*given)

            return call

        for name in kept:
            monkeypatch.setattr(os, name, cut(name))
        try:
            act()
        except _Cut:
            continue
        finally:
            monkeypatch.undo()
        return allowed
    raise AssertionError("never done")


def test_a_cut_at_any_step_leaves_the_old_index_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = USUAL.format(1)
    Traces(tmp_path / "old").scan(table([scan(code, 0)]), version=1)
    sizes = []

    def act() -> None:
        shutil.rmtree(tmp_path / "new", ignore_errors=True)
        shutil.copytree(tmp_path / "old", tmp_path / "new")
        try:
            index = Traces(tmp_path / "new")
            index.scan(table([scan(code, 60, "B")]), version=2)
            index.settle()
        finally:
            left = Traces(tmp_path / "new")
            sizes.append((len(left), left.manifest.version, len(left.codes([code]).said)))

    cuts = _at_every_cut(monkeypatch, act)
    assert cuts >= 10
    assert set(sizes) == {(1, 1, 1), (2, 2, 2)}


@pytest.mark.fault("corrupt-files")
@pytest.mark.parametrize("damage", ["short", "gone", "manifest", "names"])
def test_damage_is_said_with_a_remedy(tmp_path: Path, damage: str) -> None:
    Traces(tmp_path).scan(table([scan(USUAL.format(1), 0)]))
    (keys,) = tmp_path.glob("*.keys")
    if damage == "short":
        os.truncate(keys, 3)
    elif damage == "gone":
        keys.unlink()
    elif damage == "manifest":
        path = tmp_path / runs.MANIFEST
        path.write_text(path.read_text("utf-8").replace("run-00000000", "run-00000009"), "utf-8")
    else:
        next(tmp_path.glob("names-*")).unlink()
    with pytest.raises(StoreError, match="rebuild"):
        Traces(tmp_path)


def test_purchases_are_no_sales(tmp_path: Path) -> None:
    index = Traces(tmp_path)
    index.add([index.read(table([scan(USUAL.format(1), 0, packs=10.0)]), PURCHASE)])
    answers = index.scan(table([scan(USUAL.format(1), 60 * turn) for turn in range(1, 12)]))
    assert [WORDS[one] for one in answers.said] == ["BIGGER"] * 10 + ["DUPLICATE"]
    assert answers.bought.all()
