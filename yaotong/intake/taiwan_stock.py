"""What the outlets of Taiwan's mask programme had left, 2020: two columns of their file become counts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.intake.core.profile import Prepared, Profile

_ID, _COUNTED = "醫事機構代碼", "來源資料時間"
_ITEMS = {"成人口罩剩餘數": "adult_mask", "兒童口罩剩餘數": "child_mask"}


def one_count_an_item(frame: pd.DataFrame, path: Path) -> Prepared:
    """A count per outlet and kind of mask; a zero is a count too."""
    long = frame[[_ID, _COUNTED, *_ITEMS]].melt(
        [_ID, _COUNTED], list(_ITEMS), "item", "quantity", ignore_index=False
    )
    return long.assign(item=long["item"].map(_ITEMS)).sort_index(kind="stable"), ("数量以片计。",)


PROFILE = Profile(
    id="taiwan_stock",
    feed="stock_counts",
    title_zh="台湾特约药局与卫生所的口罩存量（2020）",
    cadence="once",
    licence="Open Government Data License 1.0; the copy at hand is for tests only",
    credit="衛生福利部中央健康保險署",
    # Shorter than that of the outlets' register, which the same file is to who does not say what he wants.
    signature=(_ID, *_ITEMS),
    columns={_ID: "pharmacy_id", "item": "drug_code", _COUNTED: "counted_at", "quantity": "quantity"},
    ignored=("醫事機構名稱", "醫事機構地址", "醫事機構電話", *_ITEMS),
    prepare=one_count_an_item,
)
