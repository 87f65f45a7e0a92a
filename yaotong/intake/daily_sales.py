"""Daily sales of one pharmacy in eight ATC groups, 2014-2017: a wide table turned into sales lines."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.intake.core.profile import Prepared, Profile

GROUPS = ("M01AB", "M01AE", "N02BA", "N02BE", "N05B", "N05C", "R03", "R06")


def one_line_a_group(frame: pd.DataFrame, path: Path) -> Prepared:
    """A line per day and group. A zero is no sale and makes no line; the unreadable stays."""
    long = frame[["date", *GROUPS]].melt("date", list(GROUPS), "drug_code", "quantity", ignore_index=False)
    sold = long[pd.to_numeric(long["quantity"], errors="coerce") != 0].sort_index(kind="stable")
    serials = sold["date"] + "/" + sold["drug_code"]
    prepared = sold.assign(sale_id=serials, sold_at=sold["date"] + " 12:00:00")
    return prepared, (
        f"{len(frame):,} 天 × {len(GROUPS)} 类中有 {len(long) - len(sold):,} 个零（当天未售），不成销售行。",
        "数量为当天合计；时刻未知，记为正午。",
    )


PROFILE = Profile(
    id="daily_sales",
    feed="sales",
    title_zh="一家药店按药理分类的每日销量（2014–2017）",
    cadence="once",
    licence="none stated; the copy at hand is for tests only",
    credit="public Kaggle data set on pharma sales",
    signature=("date", *GROUPS),
    columns={"sale_id": "sale_id", "sold_at": "sold_at", "drug_code": "drug_code", "quantity": "quantity"},
    constants={"pharmacy_id": "KAGGLE-1", "channel": "store"},
    ignored=("date",),
    prepare=one_line_a_group,
)
