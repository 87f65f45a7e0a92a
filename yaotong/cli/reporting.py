"""report: the daily, weekly and monthly reports as files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.reporting import FORMATS, export_report
from yaotong.cli.common import DAY, home_option, opened, person
from yaotong.departments import departments
from yaotong.errors import ConfigError, Forbidden
from yaotong.reports.periods import KINDS, TITLES, period_asked
from yaotong.store import accounts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@click.command("report")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--format", "fmt", type=click.Choice(FORMATS), default="pdf", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="写到哪个文件，默认当前目录")
@click.option("--as", "username", help="以哪个账号的范围，默认辖区最大的负责人")
@click.option("--day", type=DAY, help="期间里的任一天，默认昨天、上周、上月")
@home_option
@click.pass_context
def report_command(
    context: click.Context,
    kind: str,
    fmt: str,
    out: Path | None,
    username: str | None,
    day: datetime | None,
    home: Path | None,
) -> None:
    """日报、周报、月报，写成文件并留记录。Reports as files, each with a number and in the log."""
    workspace, now = opened(context, home), clock.now()
    reader = _reader(workspace, username)
    period = period_asked(kind, day.date() if day else None, now.date())
    made = export_report(workspace, reader, period, fmt, now=now)
    path = (out or Path(made.name)).resolve()
    _write(path, made.content)
    scope = made.report.scope
    click.echo(f"{TITLES[kind]} {period.title} · {scope.department_zh} · {scope.area_name}")
    click.echo(f"编号 {made.number} · {len(made.content):,} 字节 · SHA-256 {made.sha256}")
    click.echo(str(path))


def _reader(workspace: Workspace, username: str | None) -> Viewer:
    """Whose scope the report has; ConfigError with the remedy when there is no such account."""
    if username is None:
        with workspace.store.read() as connection:
            found = accounts.usernames_by_scope(connection, list(departments()))
        if not found:
            raise ConfigError("没有可用的账号，报告没有范围。请先运行 yaotong user add，或用 --as 指定账号。")
        username = found[0]
    try:
        return person(workspace, username)
    except Forbidden as error:
        raise ConfigError(f"{error} 用 yaotong user add 建立，或用 --as 换一个账号。") from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"不能写到 {path}：{error.strerror}。请用 --out 换一个地方。") from error
