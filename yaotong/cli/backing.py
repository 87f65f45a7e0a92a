"""backup, restore: one file that holds a workspace, and a workspace made of one."""

from __future__ import annotations

from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.backing import back_up
from yaotong.acts.recomputing import recompute
from yaotong.acts.restoring import Restored, restore
from yaotong.cli.common import chosen_home, home_option, opened, operator
from yaotong.errors import UsageError
from yaotong.workspace import Workspace

_NAMED = 5


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help="把密钥也放进去；缺省不放，密钥应当分开保存")
@home_option
@click.pass_context
def backup_command(context: click.Context, file: Path, with_keys: bool, home: Path | None) -> None:
    """把工作区备份成一个文件，不必停下。Back the workspace up into one file."""
    workspace = opened(context, home)
    made = back_up(workspace, file.resolve(), operator(), keys=with_keys, now=clock.now())
    click.echo(f"已备份 {made.files} 个文件，{made.size:,} 字节，数据版本 {made.data_version}：{made.path}")
    click.echo(f"SHA-256 {made.sha256}")
    if with_keys:
        click.echo(
            "注意：密钥在里面。拿到这个文件的人可以还原假名、伪造登录与通知的签名；"
            "文件只有所有者可读，请加密保存，不要与别的备份放在一处。",
            err=True,
        )
    else:
        click.echo(
            f"密钥不在里面。请另行保存 {workspace.settings.home / 'keys'}：没有 pseudonym.key"
            f"（指纹 {made.fingerprint}），恢复之后接收不了新数据，新旧的人也对不上。",
            err=True,
        )
    click.echo("数据库地址不在里面；案件的证据文件原样在里面，请按其密级保存。", err=True)


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keys", type=click.Path(path_type=Path), help="另行保存的密钥所在的目录")
@click.option("--database-url", default="", help="PostgreSQL 的备份恢复到哪个空的数据库")
@click.option("--check", is_flag=True, help="恢复之后用全部规则重算一遍，与库里的发现对照")
@home_option
@click.pass_context
def restore_command(
    context: click.Context, file: Path, keys: Path | None, database_url: str, check: bool, home: Path | None
) -> int:
    """从备份建立一个新的工作区，不动已有的。Make a new workspace of a backup."""
    if home is None and not context.find_root().params.get("home"):
        raise UsageError("请用 --home 指明恢复到哪个目录；它应当不存在，或是空的。")
    done = restore(
        file, chosen_home(context, home), operator(), keys=keys, database_url=database_url, now=clock.now()
    )
    bad = _say(done)
    if check:
        if done.opened is None:
            raise UsageError("重算要有密钥。请先放好 pseudonym.key（见上）；数据已经恢复。")
        bad |= not _agrees(done.opened)
    return 4 if bad else 0


def _say(done: Restored) -> bool:
    click.echo(
        f"已恢复 {done.files} 个文件到 {done.home}，备份于 {done.made_at}，数据版本 {done.data_version}。"
    )
    click.echo(f"审计链 {done.audit_rows} 行完整。备份之后的改动不在里面；那以后已送出的通知会再送一次。")
    for line in done.health.good:
        click.echo(f"正常  {line}")
    for line in done.health.bad:
        click.echo(f"问题  {line}", err=True)
    if done.opened is None:
        click.echo(
            "还不能使用：备份里没有密钥。请把原来的 pseudonym.key"
            f"（编号 {done.key_id}，指纹 {done.fingerprint}）"
            f"放进 {done.home / 'keys'}，权限 600，再运行 yaotong doctor。换一个新的会把同一人算成两人。",
            err=True,
        )
    return bool(done.health.bad)


def _agrees(workspace: Workspace) -> bool:
    """Say how the recomputation went."""
    found = recompute(workspace)
    click.echo(f"重算：{found.same} 条发现与库里的相同。")
    if found.skipped:
        click.echo(f"没有重算的规则（还没有判断最新的数据，或已隔离）：{'、'.join(found.skipped)}")
    for said, rows in (("算不出来的", found.gone), ("库里没有的", found.news)):
        if rows:
            named = "、".join(f"{rule} {one}" for rule, one in rows[:_NAMED])
            click.echo(f"{said} {len(rows)} 条，如 {named}", err=True)
    return found.agrees
