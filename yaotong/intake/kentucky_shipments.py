"""Opioid pills shipped to each Kentucky pharmacy per year, as purchases: one line a pharmacy and year."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.intake.core.profile import Prepared, Profile


def shipments_only(frame: pd.DataFrame, path: Path) -> Prepared:
    """Rows that bear a year; a year's total is dated to its last day."""
    dated = frame[frame["year"].notna()]
    prepared = dated.assign(received_at=dated["year"] + "-12-31")
    return prepared, (
        f"{len(frame) - len(dated):,} 行没有年份，只载坐标，不是配送记录。",
        "数量为全年配送总片数，日期记为当年最后一天。",
    )


PROFILE = Profile(
    id="kentucky_shipments",
    feed="purchases",
    title_zh="肯塔基州各药店每年收到的阿片类药片数（2006–2014）",
    cadence="once",
    licence="Open Database License",
    credit="The Washington Post, ARCOS release",
    signature=("BUYER_DEA_NO", "year", "BUYER_NAME", "BUYER_BUS_ACT", "pill_count", "LAT", "LON"),
    columns={
        "year": "purchase_id",
        "BUYER_DEA_NO": "pharmacy_id",
        "received_at": "received_at",
        "pill_count": "quantity",
    },
    constants={"drug_code": "OPIOID"},
    ignored=("*",),
    bounds={"quantity": (0, 1e9)},
    prepare=shipments_only,
)
