"""Cities for Hypothesis of what several lines tell together: losses, diverted packs, doctors and patients."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.rules.cities import BLOCK_SHOPS, MONDAY, NOON_S, Example, at, drug, sold, windows
from tests.rules.feeds import RX_DRUGS, feed, keyed, moving, selling
from tests.rules.twins import DAY, City

_CODEINE = drug("可待因", "|OPI_CMP|RX|")
# One drug is under the stricter regime only from the Thursday on.
_TURNED = (
    drug("改", "|RX|", valid_to=MONDAY + 2 * DAY, valid_from=MONDAY - 999 * DAY),
    drug("改", "|PSY2|RX|", valid_from=MONDAY + 3 * DAY, valid_to=MONDAY + 999 * DAY),
)
RING_DRUGS = (*RX_DRUGS, _CODEINE, *_TURNED)


@st.composite
def losses(draw: st.DrawFn) -> Example:
    """Counts of lots and of whole drugs about ten packs apart, and inspections three months after a sale."""
    moments = (NOON_S - 1, NOON_S, NOON_S, NOON_S + 1)
    drugs, lots = ("安定", "安定", "麻720", "头孢", "改"), (None, None, None, "批1", "批2")
    shops = ("甲", "甲", "甲", "乙")
    sales = selling(
        draw,
        (0, 1, 7, 31),
        moments,
        drug_code=drugs,
        batch_no=lots,
        pharmacy_id=shops,
        prescription_no=(None,),
    )
    purchases = feed(
        draw, "received_at", (-92, -61, -60, -1, 1, 7), moments, 1, 3, pharmacy_id=shops,
        drug_code=drugs, quantity=(2.0, 5.0, 10.0, -1.0), batch_no=lots,
    )  # fmt: skip
    counts = feed(
        draw, "counted_at", (0, 0, 7, 31), moments, 2, 5, pharmacy_id=shops, drug_code=drugs,
        quantity=(0.0, 0.0, 2.0, 10.0, 12.0, 14.5, 15.0), batch_no=(None, None, "批1", "批2"),
    )  # fmt: skip
    counts = keyed(counts, "pharmacy_id", "drug_code", "counted_at")
    inspections = feed(
        draw, "inspected_at", (-1, 0, 31, 32, 92, 93), moments, 0, 2, pharmacy_id=shops,
        stock_agrees=(False, False, True, None),
    )  # fmt: skip
    city = City(
        sales, RING_DRUGS, BLOCK_SHOPS,
        purchases=purchases, stock_counts=counts, inspections=inspections,
        stock_moves=moving(draw, moments, lots, drugs),
    )  # fmt: skip
    return Example(city, draw(windows(0, 94)))


@st.composite
def rings(draw: st.DrawFn) -> Example:
    """About five persons' packs that come up at one shop within ninety days, or a day more; some come back."""
    sales: list[dict[str, Any]] = []
    settlements: list[dict[str, Any]] = []
    for block in range(draw(st.integers(1, 3))):
        for number in range(draw(st.sampled_from((4, 5, 5, 6)))):
            name = f"{block}-{number}"
            code, person = f"码{name}", draw(st.sampled_from((name,) * 6 + (f"{block}-0",)))
            day = draw(st.sampled_from((0, 0, 1, 88, 89, 90)))
            line = sold(draw(st.sampled_from(("甲",) * 8 + ("乙",))) + f"-{block}", day, "头孢", 1.0, number)
            line |= {
                "trace_code": code,
                "buyer_key": draw(st.sampled_from(("k:z", None, f"k:{name}")[: 2 + block % 2])),
            }
            sales.append(line)
            back = draw(st.sampled_from((1, 2, 30, 364, 365, 366, 0)))
            own = {
                "line_id": f"结{name}",
                "settlement_id": f"结{name}",
                "pharmacy_id": "丙-0",
                "quantity": 1.0,
            }
            paid = {**own, "settled_at": line["sold_at"] - timedelta(days=back), "person_key": f"k:{person}"}
            settlements.append({**paid, "drug_code": "头孢", "trace_code": code})
            turned = draw(st.sampled_from(("",) * 8 + ("sale", "late", "settlement", "between")))
            later = line["sold_at"] + timedelta(days={"late": 1}.get(turned, 0), seconds=1)
            if turned in ("sale", "late"):
                sales.append({**line, "line_id": f"退{name}", "sold_at": later, "quantity": -1.0})
            if turned == "settlement":
                undo = {"line_id": f"撤{name}", "settlement_id": f"撤{name}", "settled_at": line["sold_at"]}
                settlements.append({**settlements[-1], **undo, "quantity": -1.0})
            if turned == "between":
                other = {"pharmacy_id": "丙-0", "line_id": f"还{name}", "sold_at": paid["settled_at"]}
                sales.append({**line, **other, "quantity": -1.0})
    return Example(City(sales, RING_DRUGS, BLOCK_SHOPS, settlements=settlements), draw(windows(0, 92)))


@st.composite
def patients(draw: st.DrawFn) -> Example:
    """Patients with about three prescribers at about three shops within thirty days, or a day more."""
    sales: list[dict[str, Any]] = []
    papers: list[dict[str, Any]] = []
    for number in range(draw(st.integers(3, 14))):
        block = number % 2
        day = draw(st.sampled_from((0, 1, 28, 29, 29, 30)))
        code = draw(st.sampled_from(("安定",) * 5 + ("可待因", "可待因", "改", "头孢")))
        line = sold(f"{draw(st.sampled_from('甲乙丙丁'))}-{block}", day, code, 1.0, number)
        line |= {"prescription_no": f"方{number}"}
        issued = line["sold_at"] - timedelta(days=draw(st.sampled_from((0, 0, 0, 1, 90, 91))))
        paper = {
            "prescription_no": f"方{number}", "line_id": f"方{number}", "issued_at": issued, "quantity": 2.0,
            "drug_code": draw(st.sampled_from((code,) * 9 + ("头孢",))),
            "prescriber_key": draw(st.sampled_from(("医1", "医2", "医3", "医4", "医5", None))),
            "patient_key": draw(st.sampled_from((f"k:{block}",) * 9 + (None,))),
        }  # fmt: skip
        papers += [paper] if draw(st.integers(0, 9)) else []
        sales.append(line)
        turned = draw(st.sampled_from((None,) * 8 + (0, 1)))
        if turned is not None:
            back = {"line_id": f"退{number}", "quantity": -1.0}
            sales.append({**line, **back, "sold_at": line["sold_at"] + timedelta(days=turned, seconds=1)})
    return Example(City(sales, RING_DRUGS, BLOCK_SHOPS, prescriptions=papers), draw(windows(0, 32)))


@st.composite
def prescribers(draw: st.DrawFn) -> Example:
    """About nine prescribers of about thirty prescriptions in thirty days, one of them unlike the others."""
    rows: list[dict[str, Any]] = []

    def write(doctor: str | None, day: int, code: str) -> None:
        number = f"方{len(rows):04d}"
        moment = at(day, draw(st.sampled_from((0, NOON_S, 86_399))))
        own = {"prescription_no": number, "line_id": number, "issued_at": moment, "prescriber_key": doctor}
        rows.append({**own, "drug_code": code, "quantity": 1.0})

    code = draw(st.sampled_from(("安定", "头孢", "可待因", "改")))
    for other in range(draw(st.sampled_from((7, 8, 8, 9)))):
        papers, own = draw(st.sampled_from(((30, 3), (30, 3), (30, 0), (31, 6), (29, 3), (40, 4))))
        first = draw(st.sampled_from((0, 0, 1, -3)))
        for number in range(papers):
            write(f"别{other}", first + number % 4, code if number < own else "普通")
    for one in range(draw(st.integers(1, 2))):
        papers, own = draw(
            st.sampled_from(((20, 10), (20, 9), (24, 6), (23, 10), (19, 10), (0, 31), (0, 30)))
        )
        day = draw(st.sampled_from((4, 26, 29, 30)))
        for number in range(papers + own):
            write(f"医{one}", day if not papers else (4, day)[number % 2], code if number < own else "不明")
    write(None, 4, code)
    return Example(City([], RING_DRUGS, BLOCK_SHOPS, prescriptions=rows), draw(windows(2, 31)))
