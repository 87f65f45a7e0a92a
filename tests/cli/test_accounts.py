"""`yaotong user` from outside: every verb, what it leaves in the chain, and what it refuses."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.test_cli import run
from yaotong.acts.signing import sign_in
from yaotong.store import audit
from yaotong.workspace import open_workspace

NOW = datetime(2026, 7, 1, 12, 0)


def test_every_verb_works_and_is_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ("--home", tmp_path / "home")
    assert run("init", *home) == 0
    add = ("user", "add", "wang", "--name", "王", "--department", "msa", "--area", "330482")
    assert run(*add, "--password", "0123456789", *home) == 0
    assert run(*add, "--password", "0123456789", *home) == 2
    assert run("user", "passwd", "wang", "--password", "short", *home) == 2
    for verb in ("disable", "enable", "unlock", "reset-second"):
        assert run("user", verb, "wang", *home) == 0
        assert run("user", verb, "nobody", *home) == 1
    assert run("user", "role", "wang", "leader", "--area", "330482001", *home) == 0
    assert run("user", "role", "wang", "king", *home) == 2
    assert run("user", "passwd", "wang", "--password", "another-one-1", *home) == 0
    capsys.readouterr()
    assert run("user", "list", "--json", *home) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["role"], found["area_code"], found["disabled"]) == ("leader", "330482001", False)
    assert run("user", "list", *home) == 0
    assert "负责人" in capsys.readouterr().out
    workspace = open_workspace(tmp_path / "home", {})
    assert sign_in(workspace, "wang", "another-one-1", now=NOW) is not None
    with workspace.store.read() as connection:
        acts = [row.act for row in audit.each(connection, audit.Filters()) if row.object == "account:wang"]
    assert acts == [
        "account_add", "account_disable", "account_enable", "account_unlock", "account_reset_second",
        "account_role", "account_passwd", "sign_in",
    ]  # fmt: skip
