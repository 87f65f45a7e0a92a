"""deliver, user, doctor: keeping it running."""

from __future__ import annotations

import time
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.accounts import add_user, disable_user
from yaotong.acts.delivering import deliver
from yaotong.acts.escalating import escalate
from yaotong.cli.common import home_option, opened, operator
from yaotong.departments import departments
from yaotong.store.health import examine
from yaotong.viewer import ROLES

_ROUND_SECONDS = 30


@click.command("deliver")
@click.option("--once", is_flag=True, help="只送一轮；不给则每 30 秒一轮")
@home_option
@click.pass_context
def deliver_command(context: click.Context, once: bool, home: Path | None) -> int:
    """催办到时限的预警，发送到期的通知。Tell of what runs late, and send what is due."""
    workspace = opened(context, home)
    while True:
        late = escalate(workspace, now=clock.now())
        done = deliver(workspace, now=clock.now())
        click.echo(f"催办 {late}，送达 {done.sent}，待重试 {done.failed}，放弃 {done.dead}")
        if once:
            return 1 if done.failed or done.dead else 0
        time.sleep(_ROUND_SECONDS)


@click.group("user")
def user_group() -> None:
    """账号。Accounts."""


@user_group.command("add")
@click.argument("username")
@click.option("--name", "display_name", required=True, help="姓名或岗位")
@click.option("--department", type=click.Choice(list(departments())), required=True)
@click.option("--area", "area_code", required=True, help="管辖区域代码，如 330482")
@click.option(
    "--role", type=click.Choice(ROLES), default="officer", show_default=True, help="auditor 为审计管理员"
)
@click.password_option("--password", help="至少 10 位")
@home_option
@click.pass_context
def add_user_command(
    context: click.Context,
    username: str,
    display_name: str,
    department: str,
    area_code: str,
    role: str,
    password: str,
    home: Path | None,
) -> None:
    """新建账号。"""
    add_user(
        opened(context, home),
        username=username,
        display_name=display_name,
        password=password,
        department=department,
        area_code=area_code,
        role=role,
        by=operator(),
        now=clock.now(),
    )
    click.echo(f"已建立账号 {username}。")


@user_group.command("disable")
@click.argument("username")
@home_option
@click.pass_context
def disable_user_command(context: click.Context, username: str, home: Path | None) -> None:
    """停用账号。"""
    disable_user(opened(context, home), username, by=operator(), now=clock.now())
    click.echo(f"已停用账号 {username}。")


@click.command("doctor")
@home_option
@click.pass_context
def doctor_command(context: click.Context, home: Path | None) -> int:
    """检查两个库是否一致、磁盘是否够用。Check the stores."""
    found = examine(opened(context, home).store)
    for line in found.good:
        click.echo(f"正常  {line}")
    for line in found.bad:
        click.echo(f"问题  {line}", err=True)
    return 4 if found.bad else 0
