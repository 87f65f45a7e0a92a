"""Cities about what the fund pays: packs that come back, costly months, dual-channel prescriptions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import BLOCK_SHOPS, BLOCKS, NOON_S, Example, at, sold, windows
from tests.rules.feeds import PLACED_SHOPS, RX_DRUGS, feed, paid, selling
from tests.rules.twins import City


@st.composite
def returned(draw: st.DrawFn) -> Example:
    """Packs settled for one person, returned or not, and sold a day, a second less or some days later."""
    codes = ("码1", "码1", "码1", "码2", None)
    settlements = paid(
        draw, (0, 0, 1), (NOON_S, NOON_S, NOON_S + 1), 1, 3, trace_code=codes, pharmacy_id=("甲", "甲", "乙")
    )
    days, seconds = (0, 1, 1, 2, 3), (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1)
    drugs = ("头孢", "头孢", "安定")
    sales = selling(
        draw, days, seconds, drug_code=drugs, trace_code=codes, pharmacy_id=("乙", "乙", "甲"),
        buyer_key=("k:2", "k:2", "k:1", None), batch_no=("批1", "批1", "批2", None),
    )  # fmt: skip
    purchases = feed(
        draw, "received_at", (-9, 0, 1), seconds, 0, 3, pharmacy_id=("乙", "乙", "甲"), trace_code=codes,
        drug_code=drugs, batch_no=("批1", "批2", None), quantity=(1.0, 1.0, 1.0, -1.0),
    )  # fmt: skip
    city = City(sales, RX_DRUGS, BLOCK_SHOPS, purchases=purchases, settlements=settlements)
    return Example(city, draw(windows(0, 4)))


@st.composite
def costly(draw: st.DrawFn) -> Example:
    """Persons about the floor within thirty days, beside others of the month before."""
    rows: list[dict[str, Any]] = []

    def settle(person: str, day: int, yuan: float | None) -> None:
        name = f"结{len(rows):04d}"
        fen = None if yuan is None else int(yuan * 100)
        shop = {"pharmacy_id": f"甲-{len(rows) % BLOCKS}", "drug_code": "双药", "quantity": 1.0}
        own = {"line_id": name, "settlement_id": name, "settled_at": at(day, NOON_S)}
        rows.append({**own, **shop, "person_key": person, "amount_fen": fen})

    # The Monday is 2 March: the month before it is February.
    others, above = draw(st.sampled_from(((19, 0), (20, 0), (20, 1), (199, 1), (200, 1), (200, 2))))
    for number in range(others):
        settle(f"别:{number}", draw(st.sampled_from((-9, -12))), 10_000.0 if number < above else 30.0)
    for number in range(draw(st.integers(1, 4))):
        parts = draw(
            st.lists(
                st.tuples(st.sampled_from((-25, -1, 0, 4, 5, 28, 29, 30)), st.sampled_from((5000.0, 9999.99, 0.01, -0.01, 4999.99, None))),
                min_size=1, max_size=4,
            )
        )  # fmt: skip
        for day, yuan in parts:
            settle(f"k:{number}", day, yuan)
    for row in rows[::7]:
        row["person_key"] = draw(st.sampled_from((row["person_key"],) * 5 + (None,)))
    return Example(City([], RX_DRUGS, PLACED_SHOPS, settlements=rows), draw(windows(0, 31)))


@st.composite
def dual_channel(draw: st.DrawFn) -> Example:
    """Shops with about ten dual-channel prescriptions of thirty days, nearly all or just not by one doctor."""
    sales: list[dict[str, Any]] = []
    settlements: list[dict[str, Any]] = []
    papers: list[dict[str, Any]] = []
    for shop in draw(
        st.lists(st.sampled_from(("甲-0", "乙-1", "丙-2")), min_size=1, max_size=2, unique=True)
    ):
        count, others = draw(st.sampled_from(((9, 0), (10, 0), (10, 1), (10, 2), (20, 2), (20, 3), (2, 0))))
        for number in range(count):
            name = f"{shop}{number}"
            day = draw(st.sampled_from((0, 1, 29, 30, 31)))
            line = sold(shop, day, draw(st.sampled_from(("双药",) * 6 + ("头孢",))), 1.0, number)
            paper = draw(st.sampled_from((f"方{name}",) * 8 + (None, "方同")))
            doctor = "医2" if number < others else "医1"
            told = draw(st.sampled_from(("paper", "paper", "sale", "both", "nobody")))
            line |= {"prescription_no": paper, "settlement_id": f"结{name}"}
            if told in ("sale", "both"):
                line["prescriber_key"] = "医3" if told == "both" else doctor
            if told in ("paper", "both") and paper is not None:
                own = {
                    "prescription_no": paper,
                    "line_id": paper,
                    "issued_at": at(-1, NOON_S),
                    "quantity": 1.0,
                }
                papers.append({**own, "drug_code": line["drug_code"], "prescriber_key": doctor})
            sales.append(line)
            link = draw(st.sampled_from(("whole",) * 8 + ("unpaid", "withdrawn", "nobody")))
            own = {
                "line_id": f"结{name}",
                "settlement_id": f"结{name}",
                "settled_at": line["sold_at"],
                "quantity": 1.0,
            }
            row = {**own, "pharmacy_id": shop, "drug_code": line["drug_code"], "person_key": f"k:{name}"}
            if link == "nobody":
                row["person_key"] = None
            if link != "unpaid":
                settlements.append(row)
            if link == "withdrawn":
                later = {"line_id": f"退{name}", "settlement_id": f"退{name}", "quantity": -1.0}
                settlements.append({**row, **later, "settled_at": row["settled_at"] + timedelta(minutes=5)})
    # One that sent numbers long ago, or never did, may lack the column.
    early = draw(st.sampled_from((None, -59, -60, -61)))
    if early is not None:
        sales.append(sold("甲-0", early, "普通", 1.0, 99) | {"prescription_no": "方早"})
    unique = list({(one["prescription_no"]): one for one in papers}.values())
    city = City(sales, RX_DRUGS, BLOCK_SHOPS, settlements=settlements, prescriptions=unique)
    return Example(city, draw(windows(0, 31)))
