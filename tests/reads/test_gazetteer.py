"""Names of places and medicines as people type them, streets out of addresses, and order on the ellipsoid."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from geo.distance import geodesic_m
from geo.nearest import NearestIndex
from yaotong.reads.gazetteer import Spot, gazetteer, street_of
from yaotong.reads.medicines import meant_by, medicines_of
from yaotong.reads.public import _on_ellipsoid
from yaotong.reads.spelling import BEGINS, EXACT, HOLDS, INITIALS, PART, likeness, plain, spelt


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("浙江省嘉兴市平湖市当湖街道人民西路123号", "人民西路"),
        ("平湖市乍浦镇市场路5号", "市场路"),
        ("平湖市镇南路5号", "镇南路"),
        ("嘉兴市平湖市新埭镇大齐塘村3组", "大齐塘村"),
        ("上海市浦东新区新镇路100弄", "新镇路"),
        ("广西壮族自治区南宁市青秀区民族大道5号", "民族大道"),
        ("臺北市中正區重慶南路1段1號", "重慶南路"),
        ("平湖市当湖街道", None),
        ("12 High Street", None),
        ("", None),
    ],
)
def test_the_street_of_an_address(address: str, street: str | None) -> None:
    assert street_of(address) == street


@pytest.mark.parametrize(
    ("asked", "name", "rank"),
    [
        ("乍浦镇", "乍浦镇", EXACT),
        ("zhapuzhen", "乍浦镇", EXACT),
        ("乍浦", "乍浦镇", BEGINS),
        ("ZHA pu", "乍浦镇", BEGINS),
        ("zpz", "乍浦镇", INITIALS),
        ("浦镇", "乍浦镇", PART),
        ("平湖市乍浦镇的药店", "乍浦镇", HOLDS),
        ("changsheng", "长胜路", BEGINS),
        ("zhangsheng", "长胜路", BEGINS),  # 长 is read both ways
        ("浦", "乍浦镇", None),  # one character stands in too many names
        ("x", "乍浦镇", None),
        ("林埭", "乍浦镇", None),
        ("ｚｈａｐｕ", "乍浦镇", BEGINS),
    ],
)
def test_how_a_text_fits_a_name(asked: str, name: str, rank: int | None) -> None:
    assert likeness(plain(asked), [spelt(name)]) == rank


def test_the_best_comes_first_and_what_only_looks_like_it_is_not_sure() -> None:
    spots = (
        Spot("a", "人民路", "street", "甲镇", 0, 0, 2),
        Spot("b", "人民路", "street", "乙镇", 0, 0, 9),
        Spot("c", "人民镇", "town", "", 0, 0),
        Spot("d", "新人民路", "street", "甲镇", 0, 0, 50),
    )
    found = gazetteer(spots).search("人民")
    assert ([one.key for one in found.spots], found.sure) == (["c", "b", "a", "d"], True)
    near = gazetteer(spots).search("任民路")
    assert not near.sure
    assert near.spots[0].name == "人民路"
    assert gazetteer(spots).search("  ").spots == ()


def test_medicines_of_a_day_by_any_name() -> None:
    rows = [
        ("D1", "阿莫西林胶囊", "阿莫仙", "RX", None, None),
        ("D2", "阿莫西林颗粒", None, "RX", None, date(2026, 6, 30)),
        ("D3", "酚麻美敏片", "泰诺", "EPH|OTC_A", None, None),
    ]
    names = ["drug_code", "drug_name", "brand_name", "categories", "valid_from", "valid_to"]
    listed = pd.DataFrame(rows, columns=names).astype(object)
    today = medicines_of(listed, date(2026, 7, 1))
    assert [one.drug_code for one in today] == ["D3", "D1"]
    assert meant_by("amxl", medicines_of(listed, date(2026, 6, 30))).codes == {"D1", "D2"}
    assert meant_by("amxl", today).codes == {"D1"}
    assert meant_by("tainuo", today).found[0].drug_code == "D3"
    assert meant_by("泰诺", today).codes == frozenset()  # what is kept of it is told to nobody
    assert meant_by("D1", today).codes == {"D1"}
    missed = meant_by("啊莫西林", today)
    assert (missed.found, missed.near[0].drug_code) == ((), "D1")
    assert meant_by("", today).near == ()


def test_the_nearest_on_the_ellipsoid_agree_with_measuring_all() -> None:
    rng = np.random.default_rng(45)
    lon, lat = 121 + rng.uniform(-0.3, 0.3, 3_000), 30.7 + rng.uniform(-0.3, 0.3, 3_000)
    index = NearestIndex(lon, lat)
    known = SimpleNamespace(index=index, shops=pd.DataFrame({"lon": lon, "lat": lat}))
    keep = rng.random(3_000) < 0.5
    chosen, differ = index.choose(keep), 0
    for x, y in zip(121 + rng.uniform(-0.4, 0.4, 300), 30.7 + rng.uniform(-0.4, 0.4, 300), strict=True):
        numbers, far = index.query(x, y, 10, keep=chosen)
        found, metres = _on_ellipsoid(known, (x, y), 10, chosen, float(far[-1]))  # type: ignore[arg-type]
        all_metres = np.where(keep, geodesic_m(x, y, lon, lat), np.inf)
        plain_order = np.lexsort((np.arange(3_000), all_metres))[:10]
        assert found.tolist() == plain_order.tolist()
        assert metres.tolist() == all_metres[plain_order].tolist()
        differ += found.tolist() != numbers.tolist()
    assert differ > 0  # the sphere alone would have misordered some
