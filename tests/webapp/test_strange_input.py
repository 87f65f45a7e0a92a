"""Whatever an address holds, the answer is a page, a refusal in words or nothing found: never a failure."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.webapp.conftest import SignIn, ids_of, token

_ODD = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "-1", "0", "1", "1e309", "-1e309", "nan", "1e400", "121.02", "30.7", "９", "²", "true", "now", "9999-12-31T23:59", "0001-01-01", "2026-07-01T08:00+14:00",
         "2026-07-01T08:00-23:59", "1,2,3,4", "nan,nan,nan,nan", "330482", "RX", "\x00", "%", "'\"<>", "wgs84", "bd09", "10000000000000000000000000"]
    ),
)  # fmt: skip
_PUBLIC = (
    "lon",
    "lat",
    "crs",
    "limit",
    "open_at",
    "insurance",
    "dual_channel",
    "service",
    "drug",
    "bbox",
    "area",
)
_FINDER = (
    "lon",
    "lat",
    "crs",
    "town",
    "q",
    "open",
    "night",
    "insurance",
    "dual",
    "service",
    "drug",
    "big",
    "lang",
)
_INBOX = ("level", "state", "rule", "part", "area", "pharmacy", "page", "limit", "offset", "lang")
_PATIENT = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def _queries(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(names), _ODD, max_size=6)


@_PATIENT
@given(query=_queries(_PUBLIC), near=st.booleans())
def test_the_open_interface(citizen: FlaskClient, query: dict[str, str], near: bool) -> None:
    given_place = {"lon": "121.02", "lat": "30.70"} if near else {}
    for path in ("/api/v1/public/pharmacies/nearest", "/api/v1/public/pharmacies"):
        answer = citizen.get(path, query_string={**given_place, **query})
        assert answer.status_code in (200, 400), query
        told = answer.get_json(force=True)
        assert "features" in told if answer.status_code == 200 else told["detail"]


@_PATIENT
@given(query=_queries(_FINDER))
def test_the_finder(citizen: FlaskClient, query: dict[str, str]) -> None:
    assert citizen.get("/find", query_string=query).status_code in (200, 400), query


@_PATIENT
@given(query=_queries(_INBOX))
@example(query={"page": "1" + "0" * 25})
@example(query={"offset": "1" + "0" * 25})
@example(query={"offset": "1" + "0" * 25, "q": "药"})
def test_the_inbox(officer: FlaskClient, query: dict[str, str]) -> None:
    for path in ("/alerts", "/api/v1/alerts"):
        assert officer.get(path, query_string=query).status_code == 200, query


@pytest.fixture
def officer(signed: SignIn) -> FlaskClient:
    return signed("psb")


@pytest.mark.parametrize("tag", ["²", "９", "*", "1, 2", "W/1", "-1", "1.5"])
def test_a_tag_that_is_no_revision(signed: SignIn, tag: str) -> None:
    client = signed("psb")
    headers = {"X-CSRFToken": token(client, "/desk"), "If-Match": f'"{tag}"'.encode().decode("latin-1")}
    answer = client.post(f"/api/v1/alerts/{ids_of(client)[0]}/note", headers=headers, json={"text": "x"})
    assert answer.status_code in (400, 412, 428)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2027-06-30T09:00", 200),
        ("2027-07-03T09:00", 400),
        ("2025-07-02T09:00", 200),
        ("2025-06-28T09:00", 400),
        ("9999-12-31T23:59", 400),
        ("0001-01-01T00:00", 400),
    ],
)
def test_opening_is_asked_of_this_year(citizen: FlaskClient, moment: str, status: int) -> None:
    path = f"/api/v1/public/pharmacies/nearest?lon=121.02&lat=30.7&open_at={moment}"
    assert citizen.get(path).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/alerts/%00",
        "/alerts/..%2f..%2fetc",
        "/pharmacies/%3Cscript%3E",
        "/rules/r_m01",
        "/rules/../x",
        "/sources/999999",
    ],
)
def test_addresses_that_lead_nowhere(signed: SignIn, path: str) -> None:
    assert signed("msa").get(path).status_code == 404
