"""keys: the chain of pseudonym keys, its rotation, and what an old pseudonym is called now."""

from __future__ import annotations

from pathlib import Path

import click

from yaotong import clock
from yaotong.acts import rotating
from yaotong.cli.common import chosen_home, home_option, opened, operator
from yaotong.reads.keychain import keys_view
from yaotong.workspace import open_workspace


@click.group("keys")
def keys_group() -> None:
    """假名密钥：轮换之后同一人仍是同一人，旧假名对不上新的。The chain of pseudonym keys."""


@keys_group.command("list")
@home_option
@click.pass_context
def list_command(context: click.Context, home: Path | None) -> int:
    """各把密钥何时启用、旧的清理了没有。Exit code 1 while a rotation is to be finished."""
    view = keys_view(opened(context, home))
    click.echo(f"{view.root}  第一把（收银机用的也是它）")
    for one in view.links:
        swept = "旧的已清理" if one.swept else "旧的还没有清理完：再运行一次 yaotong keys rotate"
        click.echo(f"{one.key_id}  {one.made_at:%Y-%m-%d %H:%M} 由 {one.made_by} 启用  {swept}")
    if view.waiting:
        click.echo(f"{view.waiting}  已生成，还没有启用：再运行一次 yaotong keys rotate 即接着做")
    return 1 if view.unfinished else 0


@keys_group.command("rotate")
@click.option("--why", required=True, help="为什么轮换，进审计")
@home_option
@click.pass_context
def rotate_command(context: click.Context, why: str, home: Path | None) -> None:
    """换一把假名密钥并重写全部假名；要先停下 serve 与 worker。中断之后再运行一次即接着做。"""
    workspace = open_workspace(chosen_home(context, home))

    def tell(what: str, done: int, total: int) -> None:
        if done == total or done % 20 == 0:
            click.echo(f"{what} {done}/{total}", err=True)

    told = rotating.rotate(workspace, actor=operator(), why=why, now=clock.now(), progress=tell)
    if told.finished:
        click.echo(f"上一次轮换（{told.new}）的旧假名已清理完。要再换一把，请再运行一次。")
        return
    click.echo(
        f"已由 {told.old} 换成 {told.new}：明细 {told.lines} 行、{told.files} 个文件，"
        f"业务库 {told.cells} 处，身份库 {told.resealed} 人重新封存。"
    )
    if told.lost:
        click.echo(f"身份库另有 {told.lost} 条没有密钥能打开，已删去。", err=True)
    click.echo("请另行备份 keys/pseudonym.links；没有它，以后接收的人与以前的对不上。")


@keys_group.command("name")
@click.argument("pseudonym")
@click.option("--why", required=True, help="为什么对照，进审计")
@home_option
@click.pass_context
def name_command(context: click.Context, pseudonym: str, why: str, home: Path | None) -> None:
    """一个旧假名（旧文书、审计里的）现在叫什么。What an old pseudonym is called now."""
    workspace = opened(context, home)
    click.echo(rotating.name_now(workspace, pseudonym, actor=operator(), why=why, now=clock.now()))
