"""route, duty: ask where an alert would go, and take in who is on duty."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from yaotong import clock
from yaotong.acts.rostering import take_roster
from yaotong.cli.common import home_option, opened, print_json
from yaotong.codes import Level
from yaotong.reads.routing import Answer, Question, ask
from yaotong.rules.book import book
from yaotong.terms import term

_MOMENT = click.DateTime(formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])


@click.command("route")
@click.option("--rule", "rule_id", required=True, help="规则编号，如 R-M01")
@click.option("--level", type=click.Choice([str(one) for one in Level]), help="级别，默认为规则自己的")
@click.option("--area", "area_code", help="区域代码，如 330482001")
@click.option("--measure", type=float, default=1.0, show_default=True, help="数值，有的协办只看大的")
@click.option("--at", type=_MOMENT, help="派发时刻，默认现在")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def route_command(
    context: click.Context,
    rule_id: str,
    level: str | None,
    area_code: str | None,
    measure: float,
    at: datetime | None,
    as_json: bool,
    home: Path | None,
) -> None:
    """一条预警会派给谁、为什么、谁在值班、何时到期。Where an alert would go, and why."""
    own = book()[rule_id].level if rule_id in book() else Level.BLUE
    question = Question(rule_id, Level(level) if level else own, area_code, measure, at or clock.now())
    answer = ask(opened(context, home), question)
    if as_json:
        print_json(asdict(answer))
    else:
        click.echo(_text(answer))


def _text(answer: Answer) -> str:
    asked = answer.question
    hours = "上班时间" if answer.in_office_hours else "下班时间"
    lines = [
        f"{asked.rule_id} {term(f'level.{asked.level}')} {asked.area_code or '不分区域'} {asked.at} {hours}"
    ]
    for one in answer.stops:
        office = f" → {one.office_code}" if one.office_code else ""
        duty = "、".join(one.on_duty) or "无排班"
        channels = "、".join(one.channels)
        lines.append(f"{term(one.part)} {one.name_zh}{office}｜值班 {duty}｜渠道 {channels}｜{one.why}")
    steps = (
        ("accept", answer.accept_due),
        ("check", answer.check_due),
        ("dispose", answer.dispose_due),
        ("close", answer.close_due),
    )
    return "\n".join([*lines, *(f"{term(f'act.{step}')} {moment}" for step, moment in steps)])


@click.command("duty")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
@click.pass_context
def duty_command(context: click.Context, path: Path, home: Path | None) -> None:
    """收下一份排班表（CSV），中间有空档就不收。Take in a duty roster without gaps."""
    count = take_roster(opened(context, home), path)
    click.echo(f"已收下 {count} 个班次。")
