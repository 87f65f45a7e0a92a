"""traces: bring the index of trace codes up to date, make it anew, look one code up in it."""

from __future__ import annotations

from pathlib import Path

import click

from yaotong.acts.tracing import Synced, rebuild_traces, sync_traces, traces_folder
from yaotong.cli.common import home_option, opened
from yaotong.terms import term
from yaotong.traces.index import Traces

_SAID = ("first", "return", "rescan", "split", "bigger", "again", "duplicate", "bought", "gone")


@click.group("traces")
def traces_group() -> None:
    """追溯码索引。The index of trace codes."""


@traces_group.command("sync")
@home_option
@click.pass_context
def sync_command(context: click.Context, home: Path | None) -> int:
    """收进上次以来的销售与购进，并更正改过的行。Exit code 1 when some texts are no codes."""
    return _told(sync_traces(opened(context, home)))


@traces_group.command("rebuild")
@home_option
@click.pass_context
def rebuild_command(context: click.Context, home: Path | None) -> int:
    """删去索引，由全部明细重建。"""
    return _told(rebuild_traces(opened(context, home)))


@traces_group.command("show")
@click.argument("code")
@home_option
@click.pass_context
def show_command(context: click.Context, code: str, home: Path | None) -> int:
    """一个码的每一次扫码，由早到晚。"""
    index = Traces(traces_folder(opened(context, home)))
    told, shops = index.codes([code]), index.shops.texts()
    if not len(told.said):
        click.echo("索引里没有这个码。先运行 yaotong traces sync。")
        return 0
    for at, shop, said in zip(told.at.astype(str), told.shop, told.said, strict=True):
        click.echo(f"{at.replace('T', ' ')}  {shops[int(shop)]}  {term(f'code.{_SAID[said]}')}")
    return 0


def _told(made: Synced) -> int:
    click.echo(
        f"追溯码索引到数据版本 {made.version}：收进售出 {made.sales} 行、购进 {made.purchases} 行，"
        f"更正 {made.withdrawn} 行；其中重复售出 {made.duplicates} 行。"
    )
    if made.refused:
        click.echo(f"另有 {made.refused} 行的码不是追溯码（位数不对或是商品条码），没有收进。", err=True)
    return 1 if made.refused else 0
