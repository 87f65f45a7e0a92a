"""R-P10's plain twin, and cities of matches at the edges of their windows."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from tests.rules.cities import BLOCK_SHOPS, DRUGS, MONDAY, Example, at, windows
from tests.rules.twins import City, Found, Twin
from yaotong.facts import Window
from yaotong.rules.model import Values

_SECONDS = (0, 43_200, 86_399)


def p10(city: City, window: Window, values: Values) -> Found:
    """Loops over matches and lines."""
    assert values
    found: dict[tuple[str, object, str], tuple[float, set[str]]] = {}
    for match in city.cross_matches:
        wanted = set(match["categories"].strip("|").split("|"))
        mine = [
            line
            for line in city.sales
            if line.get("buyer_key") == match["buyer_key"]
            and match["window_since"] <= line["sold_at"].date() <= match["window_until"]
            and wanted & set((city.drug_of(line) or {"categories": "|"})["categories"].strip("|").split("|"))
        ]
        days = [line["sold_at"].date() for line in mine if line["quantity"] > 0]
        if not days or not window.since <= max(days) <= window.until:
            continue
        key = (match["buyer_key"], max(days), match["measure"])
        total, lines = found.get(key, (0.0, set()))
        found[key] = max(total, match["total"]), lines | {line["line_id"] for line in mine}
    return {key: (total, frozenset(lines)) for key, (total, lines) in found.items()}  # type: ignore[misc]


@st.composite
def crossed(draw: st.DrawFn) -> Example:
    """A few buyers with purchases and returns around the ends of the matched windows."""
    lines = []
    for number in range(draw(st.integers(0, 10))):
        shop = draw(st.sampled_from(("甲", "乙")))
        moment = at(draw(st.integers(-3, 6)), draw(st.sampled_from(_SECONDS)))
        lines.append(
            {
                "pharmacy_id": shop, "sale_id": f"{number:03d}", "line_id": f"{shop}/{number:03d}",
                "sold_at": moment, "drug_code": draw(st.sampled_from([one["drug_code"] for one in DRUGS])),
                "quantity": draw(st.sampled_from((1.0, 2.0, -1.0))),
                "buyer_key": draw(st.sampled_from(("k:1", "k:2", None))),
            }
        )  # fmt: skip
    matches = []
    for number in range(draw(st.integers(0, 3))):
        until = MONDAY + timedelta(days=draw(st.integers(-1, 5)))
        matches.append(
            {
                "token": f"t{number}", "buyer_key": draw(st.sampled_from(("k:1", "k:2"))), "region": "310116",
                "categories": draw(st.sampled_from(("|EPH|", "|EPH|OPI_CMP|", "|OTC|"))),
                "window_since": until - timedelta(days=draw(st.integers(0, 4))), "window_until": until,
                "measure": draw(st.sampled_from(("packs", "mg"))),
                "total": draw(st.sampled_from((5.0, 7.0, 10.0))), "threshold": 5.0,
            }
        )  # fmt: skip
    return Example(City(lines, DRUGS, BLOCK_SHOPS, cross_matches=matches), draw(windows(-1, 4)))


RULES: dict[str, tuple[Twin, object]] = {"R-P10": (p10, crossed)}
