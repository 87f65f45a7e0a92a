"""`yaotong serve`: the web app on gunicorn."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from webapp.metrics import MULTIPROC_ENV
from webapp.watching import LOG_ENV
from yaotong.acts.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from yaotong.cli.common import chosen_home, home_option, opened
from yaotong.errors import ConfigError

_THREADS = 4


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--request-log", default="", help="每个请求一行 JSON 写到哪个文件，- 为标准错误；缺省不写")
@home_option
@click.pass_context
def serve_command(
    context: click.Context, host: str, port: int, workers: int, request_log: str, home: Path | None
) -> None:
    """启动网站（gunicorn）。Serve the web app."""
    workspace = opened(context, home)
    _say_where(host, port, workspace.settings.synthetic)
    counted = _counters(workspace.settings.cache_dir / f"metrics-{port}")
    environ = {**os.environ, "YAOTONG_HOME": str(chosen_home(context, home)), MULTIPROC_ENV: counted}
    if request_log:
        environ[LOG_ENV] = request_log
    arguments = ["--bind", f"{host}:{port}", "--workers", str(workers), "--threads", str(_THREADS)]
    quiet = ["--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", *arguments, *quiet, "webapp.warming:warmed_app()"]
    sys.stdout.flush()
    os.execve(sys.executable, command, environ)


def _counters(folder: Path) -> str:
    """An empty folder where the workers count their requests: a new server begins at nothing."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"不能写到 {folder}：{error.strerror}。请检查磁盘空间和权限。") from error
    return str(folder)


def _say_where(host: str, port: int, synthetic: bool) -> None:
    at = f"http://{host}:{port}"
    click.echo(f"找药（公众，无需登录）  {at}/find")
    click.echo(f"监管工作台              {at}/desk")
    click.echo(f"双地图                  {at}/map")
    if synthetic:
        names = "、".join(account.username for account in DEMO_ACCOUNTS)
        click.echo(f"演示账号：{names}；密码均为 {DEMO_PASSWORD}。数据均为合成。按 Ctrl-C 结束。")
