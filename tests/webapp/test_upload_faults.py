"""What goes wrong while a file is being sent: said as a fault of the right kind, and nothing stays behind."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage

from tests.intake.helpers import csv_text, person, sale
from tests.webapp.conftest import SignIn, token
from tests.webapp.test_upload import GOOD, _send
from webapp.context import WORKSPACE_KEY
from yaotong import acts, clock


@pytest.mark.parametrize("name", ["长" * 200 + ".csv", "长" * 84 + ".csv", "😀" * 100 + ".csv"])
def test_a_name_longer_than_a_disk_takes_is_shortened(own_app: Flask, signed: SignIn, name: str) -> None:
    answer = _send(signed("msa", own_app), GOOD, name)
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert answer.get_json()["file"].endswith(".csv")  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", ["9223372036854775807", "9223372036854775808", "9" * 40])
def test_a_receipt_of_an_impossible_number_is_not_found(own_app: Flask, signed: SignIn, number: str) -> None:
    client = signed("msa", own_app)
    assert client.get(f"/sources/{number}").status_code == 404
    assert client.get(f"/sources/{number}/rejects.csv").status_code == 404


@pytest.mark.fault("disk-full")
def test_a_full_disk_is_said(own_app: Flask, signed: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed("msa", own_app)
    headers = {"X-CSRFToken": token(client, "/desk")}

    def full(_self: FileStorage, _path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(FileStorage, "save", full)
        data = {"file": (io.BytesIO(GOOD.encode()), "drugs.csv")}
        answer = client.post("/api/v1/feeds/drugs", data=data, headers=headers)
    assert answer.status_code == 503
    assert "磁盘" in answer.get_json()["detail"]
    assert _send(client, GOOD).status_code == 200  # type: ignore[attr-defined]


@pytest.mark.fault("killed-load")
def test_what_a_killed_upload_left_goes_with_the_next_intake(own_app: Flask, tmp_path: Path) -> None:
    workspace = own_app.config[WORKSPACE_KEY]
    room = acts.room_for_upload(workspace)
    left = room.__enter__() / "sales.csv"
    left.write_text(csv_text([sale()]))
    assert left.is_relative_to(workspace.settings.home)
    del room  # closes the folder's lock as the end of a process does; the folder would stay
    left.parent.mkdir(exist_ok=True)
    left.write_text(csv_text([sale()]))
    (left.parent / ".lock").touch()
    path = tmp_path / "drugs.csv"
    path.write_text(GOOD)
    acts.take_in(workspace, path, now=clock.now())
    assert not left.parent.exists()
    assert not [
        one for one in workspace.settings.home.rglob("*.csv") if person() in one.read_text("utf-8-sig")
    ]
