"""Pages of the ledger: who may open them, and what leaves as a table."""

from __future__ import annotations

import pytest

from tests.webapp.conftest import SignIn
from webapp.sankey import laid_out

PAGES = ("/ledger", "/ledger?verdict=unknown&q=a", "/drugs/YP0103A/way", "/drugs/YP0103A/way?lang=en")


@pytest.mark.parametrize("path", PAGES)
def test_a_department_of_all_lines_opens_them(signed: SignIn, path: str) -> None:
    assert signed("msa").get(path).status_code == 200


@pytest.mark.parametrize("department", ["hc", "nhsa"])
def test_who_sees_but_sums_is_refused_and_not_pointed_there(signed: SignIn, department: str) -> None:
    client = signed(department)
    assert client.get("/ledger").status_code == 403
    assert 'href="/ledger"' not in client.get("/sources").get_data(as_text=True)
    assert 'href="/ledger"' in signed("psb").get("/sources").get_data(as_text=True)


def test_a_table_leaves_with_a_line_in_the_audit_and_no_formula(signed: SignIn) -> None:
    answer = signed("msa").get("/ledger.csv?verdict=unknown")
    assert answer.status_code == 200
    assert answer.get_data(as_text=True).startswith("\ufeff许可证号,药店,药品编码")
    assert "没有上报购进" in answer.get_data(as_text=True)


def test_flows_keep_their_sums_and_their_place() -> None:
    flows = [("supplier:A", "shop:1", 6.0), ("shop:1", "end:x", 4.0), ("shop:1", "end:y", 2.0)]
    flows += [(f"supplier:{number}", "shop:2", 1.0) for number in range(20)]
    picture = laid_out(flows, {"supplier": 0, "shop": 1, "end": 2}, lambda node: node)
    assert sum(one.packs for one in picture.bands) == 32
    assert sum(one.kind == "supplier" for one in picture.nodes) == 15
    assert all(one.y >= 0 and one.y + one.height <= picture.height for one in picture.nodes)
    assert laid_out([], {}, str).nodes == ()
