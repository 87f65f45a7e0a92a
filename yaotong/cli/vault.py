"""vault: the sealed store of identities, its keys, its openings and its end."""

from __future__ import annotations

from pathlib import Path

import click

from yaotong import clock
from yaotong.acts import openings, vaulting
from yaotong.cli.common import home_option, opened, operator, person
from yaotong.reads.vault import openings_view, quarters_view


@click.group("vault")
def vault_group() -> None:
    """身份库：证件号只以密文保存，凭案件、经另一人批准才能开启。Sealed identities."""


@vault_group.command("init")
@home_option
@click.pass_context
def init_command(context: click.Context, home: Path | None) -> None:
    """生成身份库的密钥；已有的不动。Make the vault's key."""
    click.echo(f"密钥在 {vaulting.start_vault(opened(context, home))}。请另行备份，不要与数据库放在一处。")


@vault_group.command("list")
@home_option
@click.pass_context
def list_command(context: click.Context, home: Path | None) -> None:
    """各季度封存的人数、到期与销毁。Quarters, what is due and what was destroyed."""
    workspace = opened(context, home)
    due = set(vaulting.quarters_due(workspace, clock.now()))
    for one in quarters_view(workspace):
        ended = f"已销毁 {one['destroyed_at']}" if one["destroyed_at"] else ""
        click.echo(f"{one['period']}  {one['people']} 人  {'到期' if one['period'] in due else ended}")


@vault_group.command("destroy")
@click.argument("period")
@home_option
@click.pass_context
def destroy_command(context: click.Context, period: str, home: Path | None) -> None:
    """销毁一个到期季度（如 2024Q1）的密钥与密文，并验证打不开。Destroy a quarter and prove it."""
    done = vaulting.destroy_quarter(opened(context, home), period, actor=operator(), now=clock.now())
    click.echo(
        f"已销毁 {done.period}：密钥 {len(done.key_ids)} 把，{done.people} 人；"
        f"销毁前能打开 {done.opened_before} 条，销毁后能打开 {done.opened_after} 条。"
    )


@vault_group.command("rewrap")
@home_option
@click.pass_context
def rewrap_command(context: click.Context, home: Path | None) -> None:
    """更换身份库的密钥，数据密钥重新包裹。Change the key that wraps the data keys."""
    keys = vaulting.change_wrapping(opened(context, home), actor=operator(), now=clock.now())
    click.echo(f"已更换，重新包裹 {keys} 把数据密钥。请把新的密钥另行备份。")


@vault_group.command("ask")
@click.argument("buyer_key")
@click.option("--as", "username", required=True, help="以哪个账号")
@click.option("--case", "case_no", required=True, help="案号")
@click.option("--basis", required=True, help="法律依据")
@click.option("--reason", required=True, help="理由")
@home_option
@click.pass_context
def ask_command(
    context: click.Context,
    buyer_key: str,
    username: str,
    case_no: str,
    basis: str,
    reason: str,
    home: Path | None,
) -> None:
    """申请开启一个人的证件号。Ask to open a number."""
    workspace = opened(context, home)
    actor = person(workspace, username)
    made = openings.ask_opening(
        workspace, buyer_key, actor=actor, case_no=case_no, basis=basis, reason=reason, now=clock.now()
    )
    click.echo(f"已申请 {made}，请本部门负责人审批。")


@vault_group.command("answer")
@click.argument("opening_id", type=int)
@click.option("--as", "username", required=True, help="以哪个账号")
@click.option("--grant/--refuse", required=True)
@click.option("--minutes", type=int, default=30, show_default=True)
@home_option
@click.pass_context
def answer_command(
    context: click.Context, opening_id: int, username: str, grant: bool, minutes: int, home: Path | None
) -> None:
    """批准或不批准；由另一人作出。Grant or refuse."""
    workspace = opened(context, home)
    actor = person(workspace, username)
    openings.answer_opening(workspace, opening_id, actor=actor, grant=grant, minutes=minutes, now=clock.now())
    click.echo("已批准。" if grant else "未批准。")


@vault_group.command("open")
@click.argument("opening_id", type=int)
@click.option("--as", "username", required=True, help="以哪个账号")
@home_option
@click.pass_context
def open_command(context: click.Context, opening_id: int, username: str, home: Path | None) -> None:
    """在批准的时限内显示证件号，先写审计。Show the number."""
    workspace = opened(context, home)
    click.echo(
        openings.open_number(workspace, opening_id, actor=person(workspace, username), now=clock.now())
    )


@vault_group.command("openings")
@click.option("--as", "username", required=True, help="以哪个账号")
@home_option
@click.pass_context
def openings_command(context: click.Context, username: str, home: Path | None) -> None:
    """本部门的申请与审批。The department's wishes."""
    workspace = opened(context, home)
    for one in openings_view(workspace, person(workspace, username)):
        click.echo(
            f"{one['opening_id']}  {one['buyer']}  {one['case_no']}  {one['asked_by']}  "
            f"{one['answer'] or '待审批'}  开启 {one['opened']} 次"
        )
