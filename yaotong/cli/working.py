"""worker: judging and delivery that run until they are told to stop."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.working import Worker
from yaotong.cli.common import home_option, opened


@click.command("worker")
@click.option("--only-deliver", is_flag=True, help="只发送通知，不检测，也不更新追溯码索引")
@home_option
@click.pass_context
def worker_command(context: click.Context, only_deliver: bool, home: Path | None) -> int:
    """有新数据就检测、更新追溯码索引，有到期的通知就发送，直到收到 SIGTERM 或 Ctrl-C。Judge and deliver."""
    worker = Worker(opened(context, home), clock.now, judges=not only_deliver)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    click.echo("开始检测新数据、发送通知，停止请用 SIGTERM 或 Ctrl-C。")
    done = worker.run()
    click.echo(f"已停止：送达 {done.sent}，待重试 {done.failed}，放弃 {done.dead}")
    return 0
