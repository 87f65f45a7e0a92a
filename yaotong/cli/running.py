"""deliver, doctor: keeping it running."""

from __future__ import annotations

import time
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.delivering import deliver
from yaotong.acts.escalating import escalate
from yaotong.acts.keychain import chain_of
from yaotong.cli.common import home_option, opened
from yaotong.reads.keychain import keys_view
from yaotong.store.health import examine

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


@click.command("doctor")
@home_option
@click.pass_context
def doctor_command(context: click.Context, home: Path | None) -> int:
    """检查两个库是否一致、磁盘是否够用。Check the stores."""
    workspace = opened(context, home)
    found = examine(workspace.store)
    for line in found.good:
        click.echo(f"正常  {line}")
    for line in found.bad:
        click.echo(f"问题  {line}", err=True)
    chain_of(workspace)  # a key of pseudonyms that is lacking is told as what it is
    if keys_view(workspace).unfinished:
        click.echo("问题  假名密钥的轮换没有做完。请再运行一次 yaotong keys rotate。", err=True)
        return 4
    return 4 if found.bad else 0
