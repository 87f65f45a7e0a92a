"""`yaotong serve`: the web app on gunicorn."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from yaotong.acts.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from yaotong.cli.common import chosen_home, home_option, opened

_THREADS = 4


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@home_option
@click.pass_context
def serve_command(context: click.Context, host: str, port: int, workers: int, home: Path | None) -> None:
    """启动网站（gunicorn）。Serve the web app."""
    workspace = opened(context, home)
    _say_where(host, port, workspace.settings.synthetic)
    environ = {**os.environ, "YAOTONG_HOME": str(chosen_home(context, home))}
    arguments = ["--bind", f"{host}:{port}", "--workers", str(workers), "--threads", str(_THREADS)]
    quiet = ["--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", *arguments, *quiet, "webapp.warming:warmed_app()"]
    sys.stdout.flush()
    os.execve(sys.executable, command, environ)


def _say_where(host: str, port: int, synthetic: bool) -> None:
    at = f"http://{host}:{port}"
    click.echo(f"找药（公众，无需登录）  {at}/find")
    click.echo(f"监管工作台              {at}/desk")
    click.echo(f"双地图                  {at}/map")
    if synthetic:
        names = "、".join(account.username for account in DEMO_ACCOUNTS)
        click.echo(f"演示账号：{names}；密码均为 {DEMO_PASSWORD}。数据均为合成。按 Ctrl-C 结束。")
