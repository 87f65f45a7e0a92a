"""worker: delivery that runs until it is told to stop."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.working import Worker
from yaotong.cli.common import home_option, opened


@click.command("worker")
@home_option
@click.pass_context
def worker_command(context: click.Context, home: Path | None) -> int:
    """一有到期的通知就发送，直到收到 SIGTERM 或 Ctrl-C。Deliver as soon as something is due."""
    worker = Worker(opened(context, home), clock.now)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    click.echo("开始发送通知，停止请用 SIGTERM 或 Ctrl-C。")
    done = worker.run()
    click.echo(f"已停止：送达 {done.sent}，待重试 {done.failed}，放弃 {done.dead}")
    return 0
