"""purposes: what was released to whom, for which case, on what basis and until when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts import purposes
from yaotong.cli.common import DAY, home_option, opened, person, print_json
from yaotong.reads.vault import releases_view
from yaotong.terms import term


@click.group("purposes")
def purposes_group() -> None:
    """用途台账：向别的部门、地区提供的每个字段。没有有效记录的不给。The purpose ledger."""


@purposes_group.command("list")
@click.option("--as", "username", required=True, help="以哪个账号")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def list_command(context: click.Context, username: str, as_json: bool, home: Path | None) -> None:
    """本部门提供的与得到的，新的在前。What the department released or was given."""
    workspace, now = opened(context, home), clock.now()
    rows = releases_view(workspace, person(workspace, username), today=now.date())
    if as_json:
        print_json([{name: one[name] for name in _SHOWN} for one in rows])
        return
    for one in rows:
        field, standing = term(f"released.{one['field']}"), term(f"release.{one['standing']}")
        click.echo(
            f"{one['release_id']}  {one['by']} → {one['to']}  {field}  {one['about']}  {one['case_no']}  "
            f"至 {one['expires_on']}  {standing}  用过 {one['used']} 次"
        )


_SHOWN = (
    "release_id", "giver", "receiver", "field", "about", "case_no", "basis", "expires_on", "standing", "used",
)  # fmt: skip


@purposes_group.command("grant")
@click.argument("fields", nargs=-1, required=True)
@click.option("--as", "username", required=True, help="以哪个账号（负责人）")
@click.option("--to", "receiver", required=True, help="提供给哪个部门或地区")
@click.option("--subject", required=True, help="对象，如 buyer:化名、药店许可证号")
@click.option("--case", "case_no", required=True, help="案号")
@click.option("--basis", required=True, help="法律依据")
@click.option("--until", type=DAY, required=True, help="有效至哪天，最长一年")
@home_option
@click.pass_context
def grant_command(
    context: click.Context,
    fields: tuple[str, ...],
    username: str,
    receiver: str,
    subject: str,
    case_no: str,
    basis: str,
    until: datetime,
    home: Path | None,
) -> None:
    """登记向谁提供哪些字段。Release fields to another department."""
    workspace = opened(context, home)
    purpose = purposes.Purpose(receiver, fields, subject, case_no, basis, until.date())
    made = purposes.release(workspace, purpose, actor=person(workspace, username), now=clock.now())
    click.echo(f"已登记 {'、'.join(str(one) for one in made)}。")


@purposes_group.command("end")
@click.argument("release_id", type=int)
@click.option("--as", "username", required=True, help="以哪个账号（负责人）")
@home_option
@click.pass_context
def end_command(context: click.Context, release_id: int, username: str, home: Path | None) -> None:
    """提前收回一条。Take an entry back."""
    workspace = opened(context, home)
    purposes.withdraw(workspace, release_id, actor=person(workspace, username), now=clock.now())
    click.echo(f"已收回 {release_id}。")
