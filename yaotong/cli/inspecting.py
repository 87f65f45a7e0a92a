"""inspections: what of the visits is published for citizens."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.publishing_visits import publish_visits
from yaotong.cli.common import DAY, home_option, opened, person


@click.group("inspections")
def inspections_group() -> None:
    """监督检查：公布到店核实的结果。Inspections."""


@inspections_group.command("publish")
@click.option("--until", type=DAY, required=True, help="公布到哪一天为止的检查")
@click.option("--as", "username", required=True, help="以哪个账号公布（市场监管部门的负责人）")
@home_option
@click.pass_context
def publish_command(context: click.Context, until: datetime, username: str, home: Path | None) -> None:
    """公布检查时对过的营业时间、地址、电话，查询页即写明“检查核实”；检查结论不公布。"""
    workspace = opened(context, home)
    actor = person(workspace, username)
    count = publish_visits(workspace, actor=actor, until=until.date(), now=clock.now())
    click.echo(f"已公布 {count} 次检查的核实结果。" if count else "没有新的检查可以公布。")
