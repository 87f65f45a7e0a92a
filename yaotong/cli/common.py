"""What every verb shares: the workspace it works on, and how it prints."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from yaotong import clock, config
from yaotong.acts.accounts import viewer as viewer_of
from yaotong.acts.recording import note_settings
from yaotong.errors import Forbidden
from yaotong.store.scratch import in_use
from yaotong.terms import term
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace, open_workspace

_F = TypeVar("_F", bound=Callable[..., Any])

DAY = click.DateTime(formats=["%Y-%m-%d"])


def home_option(function: _F) -> _F:
    """--home after the verb as well as before it."""
    return click.option("--home", type=click.Path(path_type=Path), default=None, help="工作区目录")(function)


def chosen_home(context: click.Context, home: Path | None) -> Path:
    """The workspace folder a verb was given."""
    given: Path = context.find_root().obj["home"]
    return config.home_of(home) if home is not None else given


def opened(context: click.Context, home: Path | None) -> Workspace:
    """The workspace, opened; what was changed in its settings goes into the audit chain."""
    workspace = open_workspace(chosen_home(context, home))
    if (held := in_use(workspace.store)) is not None:
        context.find_root().call_on_close(held.close)
    note_settings(workspace, operator(), now=clock.now())
    return workspace


def operator() -> Viewer:
    """Who works on the command line without naming an account: the machine's own."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a machine may know no name for the number it runs under
        name = str(os.getuid())
    return replace(SYSTEM, username="cli", display_name="命令行", origin=f"cli {name}")


def person(workspace: Workspace, username: str) -> Viewer:
    """The account somebody acts as; Forbidden when there is none or it is disabled."""
    found = viewer_of(workspace, username, operator().origin)
    if found is None:
        raise Forbidden(f"没有可用的账号 {username}。")
    if not found.works:
        raise Forbidden(f"{term(f'role.{found.role}')}不看业务数据，也不办理预警。请换一个账号。")
    return found


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
