"""The purpose ledger on screen and on the command line: who was given what, and taking it back."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.webapp.conftest import SignIn, token
from webapp.context import WORKSPACE_KEY
from yaotong.cli import cli

FORM = {
    "to": "nhsa", "field": ["buyer", "pseudonym_join"], "subject": "buyer:k1:0123456789abcdef",
    "case_no": "YT-2026-1", "basis": "禁毒法第二十三条", "until": "2026-07-20",
}  # fmt: skip


def test_a_leader_enters_the_other_department_sees_and_the_giver_takes_back(
    signed: SignIn, own_app: Flask
) -> None:
    psb, nhsa, hc = (signed(one, own_app) for one in ("psb", "nhsa", "hc"))
    form = {**FORM, "csrf_token": token(psb, "/purposes")}
    assert psb.post("/purposes", data=form).status_code == 302
    page = psb.get("/purposes").get_data(as_text=True)
    assert "0123456789abcdef" not in page  # nobody's pseudonym as it is kept
    ends = re.findall(r"/purposes/(\d+)/end", page)
    assert len(ends) == 2
    theirs = nhsa.get("/purposes?lang=en").get_data(as_text=True)
    assert "buyer, by pseudonym" in theirs
    assert "/end" not in theirs  # who was given does not take back
    assert "YT-2026-1" not in hc.get("/purposes").get_data(as_text=True)
    nhsa.post(f"/purposes/{ends[0]}/end", data={"csrf_token": token(nhsa, "/purposes")})
    assert 'class="flash bad"' in nhsa.get("/purposes").get_data(as_text=True)
    psb.post(f"/purposes/{ends[0]}/end", data={"csrf_token": token(psb, "/purposes")})
    assert "已收回" in psb.get("/purposes").get_data(as_text=True)


@pytest.mark.parametrize(
    "changed", [{"until": "2027-07-20"}, {"until": ""}, {"case_no": " "}, {"to": "psb"}, {"field": []}]
)
def test_what_is_not_said_is_refused_with_a_reason(
    signed: SignIn, changed: dict[str, object], shared_app: Flask
) -> None:
    psb = signed("psb")
    form = {**FORM, **changed, "csrf_token": token(psb, "/purposes")}
    assert psb.post("/purposes", data=form).status_code == 302
    page = psb.get("/purposes").get_data(as_text=True)
    assert 'class="flash bad"' in page
    assert "YT-2026-1" not in page


def test_an_officer_may_look_and_not_enter_and_an_auditor_neither(signed: SignIn) -> None:
    officer = signed("msa-danghu")
    assert 'id="grant"' not in officer.get("/purposes").get_data(as_text=True)
    form = {**FORM, "csrf_token": token(officer, "/purposes")}
    assert officer.post("/purposes", data=form).status_code == 302
    assert 'class="flash bad"' in officer.get("/purposes").get_data(as_text=True)
    assert signed("auditor").get("/purposes").status_code == 403


def test_the_command_line_lists_grants_and_ends(own_app: Flask) -> None:
    home = str(own_app.config[WORKSPACE_KEY].settings.home)
    run = CliRunner().invoke
    at = ["--home", home]
    said = ["--to", "hc", "--subject", "浙DA0001", "--case", "C-1", "--basis", "药品管理法"]
    grant = ["purposes", "grant", "drug", "quantity", *said, "--until", "2026-07-31"]
    made = run(cli, [*grant, "--as", "msa", *at])
    assert made.exit_code == 0, made.output
    rows = json.loads(run(cli, ["purposes", "list", "--as", "hc", "--json", *at]).output)
    assert [(one["field"], one["standing"], one["about"]) for one in rows] == [
        ("quantity", "in_force", "浙DA0001"), ("drug", "in_force", "浙DA0001"),
    ]  # fmt: skip
    ended = run(cli, ["purposes", "end", str(rows[0]["release_id"]), "--as", "msa", *at])
    assert ended.exit_code == 0
    assert "已收回" in run(cli, ["purposes", "list", "--as", "hc", *at]).output
    for wrong in (
        [*grant, "--as", "msa-danghu", *at],  # no leader
        ["purposes", "end", str(rows[0]["release_id"]), "--as", "msa", *at],  # ended before
        ["purposes", "grant", "face", *said, "--until", "2026-07-31", "--as", "msa", *at],  # no such field
    ):
        assert run(cli, wrong).exit_code != 0
