"""rules exempt: leave a subject alone for a time, by its lead department."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.exempting import add_exemption, end_exemption, reason_named
from yaotong.cli.common import DAY, home_option, opened, person, print_json
from yaotong.reads.exemptions import REASONS, exemptions_for, plain_rows
from yaotong.terms import term


@click.group("exempt")
def exempt_group() -> None:
    """豁免：行为日在期限内的发现只留存，不报警。Exemptions."""


@exempt_group.command("add")
@click.argument("rule_pattern")
@click.option("--pharmacy", "license_no", help="药店许可证号")
@click.option("--buyer", "buyer_key", help="购药人化名（完整）")
@click.option("--from", "since", type=DAY, required=True, help="第一个行为日")
@click.option("--until", type=DAY, required=True, help="最后一个行为日，最长一年")
@click.option("--reason", type=click.Choice(REASONS), required=True)
@click.option("--text", required=True, help="依据")
@click.option("--as", "username", required=True, help="以哪个账号操作（规则的主办部门）")
@home_option
@click.pass_context
def add_command(
    context: click.Context,
    rule_pattern: str,
    license_no: str | None,
    buyer_key: str | None,
    since: datetime,
    until: datetime,
    reason: str,
    text: str,
    username: str,
    home: Path | None,
) -> None:
    """作出豁免。RULE_PATTERN 是规则编号，或 R-N* 这样的样式。"""
    if (license_no is None) == (buyer_key is None):
        raise click.UsageError("请写明 --pharmacy 或 --buyer，二者取一。")
    workspace = opened(context, home)
    number = add_exemption(
        workspace,
        actor=person(workspace, username),
        rule_pattern=rule_pattern,
        subject_kind="pharmacy" if license_no is not None else "buyer",
        subject=license_no or buyer_key or "",
        valid_from=since.date(),
        valid_until=until.date(),
        reason=reason_named(reason),
        text=text,
        now=clock.now(),
    )
    click.echo(f"豁免 {number}：{rule_pattern}，{since:%Y-%m-%d} 至 {until:%Y-%m-%d}")


@exempt_group.command("list")
@click.option("--as", "username", required=True, help="看哪个账号的部门")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def list_command(context: click.Context, username: str, as_json: bool, home: Path | None) -> None:
    """列出本部门的豁免，有效的在前。"""
    workspace = opened(context, home)
    rows = exemptions_for(workspace, person(workspace, username), today=clock.now().date())
    if as_json:
        print_json(plain_rows(rows))
        return
    for one in rows:
        words = term(f"exemption.{one.state}"), term(f"exempt.{one.reason}")
        click.echo(
            f"{one.exemption_id}  {words[0]}  {one.rules}  {one.subject}  {words[1]}  "
            f"{one.valid_from} 至 {one.valid_until}  留存发现 {one.spares}"
        )


@exempt_group.command("end")
@click.argument("exemption_id", type=int)
@click.option("--from", "since", type=DAY, help="自哪个行为日起不再豁免，缺省为今天")
@click.option("--as", "username", required=True)
@home_option
@click.pass_context
def end_command(
    context: click.Context, exemption_id: int, since: datetime | None, username: str, home: Path | None
) -> None:
    """终止豁免；其后行为日的发现重新作数。"""
    workspace, now = opened(context, home), clock.now()
    ended_from = (since or now).date()
    end_exemption(workspace, exemption_id, actor=person(workspace, username), ended_from=ended_from, now=now)
    click.echo(f"豁免 {exemption_id} 自 {ended_from} 起终止")
