"""alerts silences: let alerts call nobody for a time, by the leader of their lead department."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from yaotong import clock
from yaotong.acts.silencing import add_silence, end_silence, silence_level, silence_reason
from yaotong.cli.common import DAY, home_option, opened, person, print_json
from yaotong.reads.silences import LEVELS, REASONS, plain_silences, preview_silence, silences_for
from yaotong.terms import term


@click.group("silences")
def silences_group() -> None:
    """静默：行为日在期限内的预警照样生成、照样列出，不催任何人。Silences."""


def _about(command: Any) -> Any:
    """What a silence is about, asked alike to make one and to see what it would hide."""
    options = [
        click.argument("rule_pattern"),
        click.option("--pharmacy", "license_no", help="药店许可证号"),
        click.option("--area", "area_code", help="以这个区域自身为主体的预警"),
        click.option("--within", "within", help="这个区域之内的任何主体"),
        click.option(
            "--level", type=click.Choice(LEVELS), default="yellow", show_default=True,
            help="为哪一级而作；更重的照样通知",
        ),
        click.option("--as", "username", required=True, help="以哪个账号操作（规则的主办部门）"),
        home_option,
    ]  # fmt: skip
    for one in reversed(options):
        command = one(command)
    return command


def _scope(asked: dict[str, Any]) -> tuple[str, str]:
    """Kind and subject; exactly one must be given."""
    names = (("pharmacy", "license_no"), ("area", "area_code"), ("within", "within"))
    given = [(kind, str(asked[name])) for kind, name in names if asked[name] is not None]
    if len(given) != 1:
        raise click.UsageError("请写明 --pharmacy、--area 或 --within，三者取一。")
    return given[0]


@silences_group.command("add")
@_about
@click.option("--from", "since", type=DAY, required=True, help="第一个行为日")
@click.option("--until", type=DAY, required=True, help="最后一个行为日，最长 90 天")
@click.option("--reason", type=click.Choice(REASONS), required=True)
@click.option("--text", required=True, help="说明")
@click.pass_context
def add_command(
    context: click.Context,
    /,
    rule_pattern: str,
    level: str,
    username: str,
    home: Path | None,
    since: datetime,
    until: datetime,
    reason: str,
    text: str,
    **asked: Any,
) -> None:
    """作出静默。RULE_PATTERN 是规则编号，或 R-M* 这样的样式。"""
    kind, subject = _scope(asked)
    workspace = opened(context, home)
    number = add_silence(
        workspace,
        actor=person(workspace, username),
        rule_pattern=rule_pattern,
        subject_kind=kind,
        subject=subject,
        level=silence_level(level),
        since=since.date(),
        until=until.date(),
        reason=silence_reason(reason),
        text=text,
        now=clock.now(),
    )
    click.echo(f"静默 {number}：{rule_pattern}，{since:%Y-%m-%d} 至 {until:%Y-%m-%d}")


@silences_group.command("preview")
@_about
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def preview_command(
    context: click.Context,
    /,
    rule_pattern: str,
    level: str,
    username: str,
    home: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """最近 90 个行为日里，这样的静默会遮住哪些预警。"""
    kind, subject = _scope(asked)
    workspace = opened(context, home)
    told = preview_silence(
        workspace,
        person(workspace, username),
        rule_pattern=rule_pattern,
        subject_kind=kind,
        subject=subject,
        level=silence_level(level),
        today=clock.now().date(),
    )
    if as_json:
        print_json({**asdict(told), "confirmed": told.confirmed})
        return
    click.echo(f"{told.since} 至 {told.until}：{len(told.rows)} 条，其中属实 {told.confirmed} 条")
    for one in told.rows:
        outcome = term(f"outcome.{one.outcome}") if one.outcome else "—"
        click.echo(
            f"{one.alert_id}  {term(f'level.{one.level}')}  {one.rule_id} {one.rule_zh}  {one.subject}  "
            f"{one.last_day}  {outcome}"
        )


@silences_group.command("list")
@click.option("--as", "username", required=True, help="看哪个账号的部门")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def list_command(context: click.Context, username: str, as_json: bool, home: Path | None) -> None:
    """列出本部门的静默，有效的在前。"""
    workspace = opened(context, home)
    rows = silences_for(workspace, person(workspace, username), today=clock.now().date())
    if as_json:
        print_json(plain_silences(rows))
        return
    for one in rows:
        left = f"  还剩 {one.days_left} 天" if one.days_left is not None else ""
        click.echo(
            f"{one.silence_id}  {term(f'exemption.{one.state}')}  {one.rules}  {one.subject}  "
            f"{term(f'level.{one.level}')}  {one.since} 至 {one.until}{left}  静默预警 {one.mutes}"
        )


@silences_group.command("end")
@click.argument("silence_id", type=int)
@click.option("--from", "since", type=DAY, help="自哪个行为日起不再静默，缺省为今天")
@click.option("--as", "username", required=True)
@home_option
@click.pass_context
def end_command(
    context: click.Context, silence_id: int, since: datetime | None, username: str, home: Path | None
) -> None:
    """终止静默；其后行为日的预警照常通知，压着的通知随即发出。"""
    workspace, now = opened(context, home), clock.now()
    ended_from = (since or now).date()
    end_silence(workspace, silence_id, actor=person(workspace, username), ended_from=ended_from, now=now)
    click.echo(f"静默 {silence_id} 自 {ended_from} 起终止")
