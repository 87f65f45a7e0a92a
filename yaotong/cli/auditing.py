"""audit: is the chain whole, what does it say, and let go what is older than three years."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts import auditing
from yaotong.cli.common import DAY, home_option, opened, operator, print_json
from yaotong.reads.audit import Asked, acts, audit_page
from yaotong.reads.unusual import DAYS, unusual_browsing
from yaotong.terms import term

_SHOWN = 100


@click.group("audit")
def audit_group() -> None:
    """审计链。The audit chain."""


@audit_group.command("verify")
@home_option
@click.pass_context
def verify_command(context: click.Context, home: Path | None) -> int:
    """逐行核对审计链，点名第一处被改、缺失或插入的行。Exit code 1 when a row is not as it was written."""
    found = auditing.verify(opened(context, home))
    if found.fault:
        click.echo(f"审计链不完整：{found.fault}", err=True)
        return 1
    span = f"，第 {found.first} 至 {found.last} 行" if found.kept else ""
    past = f"，此前 {found.let_go} 行已按期清除" if found.let_go else ""
    click.echo(f"审计链完整：{found.kept} 行{span}{past}；库外的链头核对到第 {found.witnessed} 行。")
    if found.witnessed < found.last:
        click.echo(f"第 {found.witnessed + 1} 行起还没有链头作证，末尾若被截去看不出来。")
    return 0


@audit_group.command("list")
@click.option("--since", type=DAY, help="起始日（含）")
@click.option("--until", type=DAY, help="截止日（含）")
@click.option("--who", default="", help="账号")
@click.option("--what", type=click.Choice(acts()), help="行为")
@click.option("--thing", default="", help="对象里含有的文字，如 alert:")
@click.option("--limit", type=click.IntRange(1, 100_000), default=_SHOWN, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def list_command(
    context: click.Context,
    since: datetime | None,
    until: datetime | None,
    who: str,
    what: str | None,
    thing: str,
    limit: int,
    as_json: bool,
    home: Path | None,
) -> None:
    """列出审计记录，新的在前。"""
    asked = Asked(_day(since), _day(until), who, what or "", thing)
    found = audit_page(opened(context, home), asked, 1, rows=limit)
    if as_json:
        names = ("seq", "at", "actor", "department", "origin", "act", "thing", "why", "detail", "hash")
        print_json([{name: getattr(one, name) for name in names} for one in found.rows])
        return
    for one in found.rows:
        said = term(f"audit.{one.act}") if one.act in found.acts else one.act
        click.echo(f"{one.seq}  {one.at}  {one.actor}  {said}  {one.thing}  {one.why}  {one.origin}")
    if found.total > len(found.rows):
        click.echo(f"共 {found.total} 行，只列出最新的 {len(found.rows)} 行；用 --limit 或条件再看。")


@audit_group.command("purge")
@click.option("--before", type=DAY, required=True, help="清除这一天以前的；至少三年以前")
@home_option
@click.pass_context
def purge_command(context: click.Context, before: datetime, home: Path | None) -> None:
    """清除满三年的审计记录，留下接续的校验值。Let go what is older than three years."""
    gone = auditing.purge(opened(context, home), operator(), before, now=clock.now())
    click.echo(f"已清除 {gone} 行。" if gone else "没有更早的记录。")


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


@audit_group.command("unusual")
@click.option("--days", type=click.IntRange(1, 366), default=DAYS, show_default=True, help="看最近几天")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def unusual_command(context: click.Context, days: int, as_json: bool, home: Path | None) -> int:
    """列出异常的查看（R-J04）：一小时超过五十次、深夜、辖区外。Exit code 1 when there are any."""
    found = unusual_browsing(opened(context, home), days=days, now=clock.now())
    if as_json:
        print_json([asdict(one) for one in found])
        return 1 if found else 0
    for one in found:
        span = f"{one.since:%Y-%m-%d %H:%M} 至 {one.until:%H:%M}"
        click.echo(f"{one.actor}\t{term(f'unusual.{one.kind}')}\t{span}\t{one.views} 次")
    if not found:
        click.echo(f"最近 {days} 天没有异常的查看。")
    return 1 if found else 0
