"""user: accounts from the machine itself, the way back in when nobody else can open the door."""

from __future__ import annotations

from pathlib import Path

import click

from yaotong import clock
from yaotong.acts import accounts
from yaotong.cli.common import home_option, opened, operator, print_json
from yaotong.departments import departments
from yaotong.reads.account import all_accounts
from yaotong.terms import term
from yaotong.viewer import ROLES

_PASSWORD = click.password_option("--password", help="至少 10 位")


@click.group("user")
def user_group() -> None:
    """账号。Accounts."""


@user_group.command("list")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def list_command(context: click.Context, as_json: bool, home: Path | None) -> None:
    """列出账号。"""
    found = all_accounts(opened(context, home), operator())
    if as_json:
        names = (
            "username",
            "display_name",
            "department",
            "area_code",
            "role",
            "disabled",
            "totp",
            "passkeys",
        )
        print_json([{name: getattr(one, name) for name in names} for one in found])
        return
    for one in found:
        second = "有第二验证" if one.totp or one.passkeys else "无第二验证"
        state = "已停用" if one.disabled else "使用中"
        where = f"{one.department}\t{one.area_code}"
        click.echo(
            f"{one.username}\t{one.display_name}\t{where}\t{term(f'role.{one.role}')}\t{state}\t{second}"
        )


@user_group.command("add")
@click.argument("username")
@click.option("--name", "display_name", required=True, help="姓名或岗位")
@click.option("--department", type=click.Choice(list(departments())), required=True)
@click.option("--area", "area_code", required=True, help="管辖区域代码，如 330482")
@click.option(
    "--role", type=click.Choice(ROLES), default="officer", show_default=True,
    help="sysadmin、secadmin、auditor 为三类管理员",
)  # fmt: skip
@_PASSWORD
@home_option
@click.pass_context
def add_command(
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
    accounts.add_user(
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
def disable_command(context: click.Context, username: str, home: Path | None) -> None:
    """停用账号，它的会话随即结束。"""
    accounts.disable_user(opened(context, home), username, by=operator(), now=clock.now())
    click.echo(f"已停用账号 {username}。")


@user_group.command("enable")
@click.argument("username")
@home_option
@click.pass_context
def enable_command(context: click.Context, username: str, home: Path | None) -> None:
    """恢复停用的账号。"""
    accounts.enable_user(opened(context, home), username, by=operator(), now=clock.now())
    click.echo(f"已恢复账号 {username}。")


@user_group.command("passwd")
@click.argument("username")
@_PASSWORD
@home_option
@click.pass_context
def passwd_command(context: click.Context, username: str, password: str, home: Path | None) -> None:
    """重设密码；本人下次登录时须更改。"""
    accounts.set_password(opened(context, home), username, password, by=operator(), now=clock.now())
    click.echo(f"已重设 {username} 的密码，本人下次登录时须更改。")


@user_group.command("role")
@click.argument("username")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--department", type=click.Choice(list(departments())), default=None, help="不给则不变")
@click.option("--area", "area_code", default="", help="管辖区域代码；不给则不变")
@home_option
@click.pass_context
def role_command(
    context: click.Context,
    username: str,
    role: str,
    department: str | None,
    area_code: str,
    home: Path | None,
) -> None:
    """授予角色，可同时换部门与辖区；本人须重新登录。"""
    accounts.give_role(
        opened(context, home), username, role=role, department=department or "", area_code=area_code,
        by=operator(), now=clock.now(),
    )  # fmt: skip
    click.echo(f"账号 {username} 现在是{term(f'role.{role}')}。")


@user_group.command("unlock")
@click.argument("username")
@home_option
@click.pass_context
def unlock_command(context: click.Context, username: str, home: Path | None) -> None:
    """解除多次失败之后的等待。"""
    found = accounts.unlock(opened(context, home), username, by=operator(), now=clock.now())
    click.echo(f"已解除账号 {username} 的等待。" if found else f"账号 {username} 没有在等待。")


@user_group.command("reset-second")
@click.argument("username")
@home_option
@click.pass_context
def reset_second_command(context: click.Context, username: str, home: Path | None) -> None:
    """清除动态口令、恢复码与安全密钥，给丢了它们的人。"""
    accounts.reset_second(opened(context, home), username, by=operator(), now=clock.now())
    click.echo(f"已清除账号 {username} 的第二验证。")
