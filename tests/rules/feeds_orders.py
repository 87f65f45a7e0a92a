"""Cities of purchases for Hypothesis: a year of months beside a month at the edges of its limits."""

from __future__ import annotations

from datetime import date, datetime

from hypothesis import strategies as st

from tests.rules.cities import BLOCK_SHOPS, FAR, MONDAY, NOON_S, Example, at, drug, windows
from tests.rules.twins import DAY, City

ORDER_DRUGS = (
    drug("安定", "|PSY2|RX|"),
    drug("两属", "|PSY2|EPH|"),
    drug("改", "|OTC|", valid_from=date(1900, 1, 1), valid_to=MONDAY + 9 * DAY),
    drug("改", "|OPI_CMP|", valid_from=MONDAY + 10 * DAY, valid_to=FAR),
    drug("普通", "|OTC|"),
)
# What some months came to, so that the sixfold highest, twice and three times the mean are met and passed.
_USUAL = ((30.0, 30.0), (5.0, 5.0), (30.0, 10.0), (0.1, 30.0), (200.0, 200.0))
_NOW = (20.0, 19.0, 10.0, 30.0, 60.0, 30.1, 0.1, 1.0, -1.0, -10.0, 90.0, 200.0, 500.0, 300.0)
_DAYS = (-1, -2, 0, 0, 1, 7, 9, 10, 29, 29, 30)


@st.composite
def arrivals(draw: st.DrawFn) -> Example:
    """Shops whose months before are whole, too few, unknown in part, or without the category in part."""
    rows: list[dict[str, object]] = []

    def receive(shop: str, moment: datetime, code: str, quantity: float) -> None:
        line = {"pharmacy_id": shop, "received_at": moment, "drug_code": code, "quantity": quantity}
        rows.append({**line, "line_id": f"{shop}/{len(rows):04d}"})

    for number in range(draw(st.integers(1, 3))):
        shop = f"{draw(st.sampled_from('甲乙丁'))}-{number}"
        code = draw(st.sampled_from(("安定", "安定", "两属", "改")))
        usual = draw(st.sampled_from(_USUAL))
        months = draw(st.sampled_from((13, 12, 12, 6, 5)))
        gap = draw(st.sampled_from((None, None, None, 1, 6, 7, 12)))
        other = draw(st.sampled_from((None, None, 2, 6, 12)))
        for back in range(months, 0, -1):
            year, month = divmod(2026 * 12 + 2 - back, 12)
            if back != gap:
                moment = datetime(year, month + 1, draw(st.sampled_from((1, 15, 28))), 23, 59, 59)
                receive(shop, moment, "普通" if back == other else code, usual[back % 2])
        for quantity in draw(st.lists(st.sampled_from(_NOW), min_size=1, max_size=5)):
            day, second = draw(st.sampled_from(_DAYS)), draw(st.sampled_from((0, NOON_S, 86_399)))
            bought = draw(st.sampled_from((code, code, code, code, "两属", "普通")))
            receive(shop, at(day, second), bought, quantity)
    return Example(City([], ORDER_DRUGS, BLOCK_SHOPS, purchases=rows), draw(windows(-1, 32)))
