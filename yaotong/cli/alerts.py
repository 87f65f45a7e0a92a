"""alerts: the alert desk on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from yaotong import clock
from yaotong.acts.desk import move_alert
from yaotong.acts.looking import look_why_not, note_alert, note_list
from yaotong.alerts.states import MAX_PROLONG_DAYS, MOVES, Act, Move, Outcome, Said
from yaotong.cli.common import DAY, home_option, opened, operator, person, print_json
from yaotong.cli.silencing import silences_group
from yaotong.departments import departments
from yaotong.errors import NotFound
from yaotong.reads.alerts import row_of
from yaotong.reads.asking_why import subject_asked
from yaotong.reads.explain import explain
from yaotong.reads.explain_text import as_text
from yaotong.reads.sight import EVERYTHING, sight_of
from yaotong.reads.whynot_text import why_text
from yaotong.rules.book import book
from yaotong.store import alerts
from yaotong.terms import term


@click.group("alerts")
def alerts_group() -> None:
    """预警。The alert desk."""


alerts_group.add_command(silences_group)


@alerts_group.command("list")
@click.option("--rule", "rule_id", help="只看一条规则")
@click.option("--state", help="只看一种状态，如 dispatched")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def list_alerts(
    context: click.Context, rule_id: str | None, state: str | None, as_json: bool, home: Path | None
) -> None:
    """列出预警，重的在前。"""
    workspace = opened(context, home)
    with workspace.store.read() as connection:
        rows = alerts.listing(connection, rule_id=rule_id, state=state)
    if as_json:
        note_list(workspace, operator(), [row["subject_kind"] for row in rows], now=clock.now())
        print_json(rows)
        return
    for row in rows:
        words = (term(f"level.{row['level']}"), term(f"state.{row['state']}"), book()[row["rule_id"]].name_zh)
        click.echo(
            f"{row['alert_id']}  {words[0]}  {words[1]}  {row['rule_id']} {words[2]}  {row['last_day']}"
        )


@alerts_group.command("show")
@click.argument("alert_id")
@home_option
@click.pass_context
def show_alert(context: click.Context, alert_id: str, home: Path | None) -> None:
    """显示一条预警和它的经过（JSON）。"""
    workspace = opened(context, home)
    note_alert(workspace, operator(), alert_id, EVERYTHING, now=clock.now(), why="show")
    with workspace.store.read() as connection:
        row = alerts.get(connection, alert_id)
        if row is None:
            raise NotFound(f"没有预警 {alert_id}。")
        events = [dict(one._mapping) for one in alerts.events(connection, alert_id)]
        told = alerts.parts(connection, alert_id)
    print_json({**row._mapping, "dispatches": told, "events": events})


@alerts_group.command("explain")
@click.argument("alert_id")
@click.option("--as", "username", help="按这个账号看得见的范围")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def explain_alert(
    context: click.Context, alert_id: str, username: str | None, lang: str, as_json: bool, home: Path | None
) -> int:
    """解释一条预警：定义、参数、依据、逐步的计算，并按保存的证据重算。Explain and recompute."""
    workspace = opened(context, home)
    sight, reader = EVERYTHING, operator()
    if username is not None:
        reader = person(workspace, username)
        sight = sight_of(reader.department, row_of(workspace, reader, alert_id, now=clock.now()).part)
    note_alert(workspace, reader, alert_id, sight, now=clock.now(), why="explain")
    told = explain(workspace, alert_id, sight=sight)
    if as_json:
        print_json(asdict(told))
    else:
        click.echo(as_text(told, lang))
    return 0 if told.same else 1


@alerts_group.command("why-not")
@click.argument("rule_id")
@click.argument("subject")
@click.option("--on", type=DAY, help="哪一天，缺省为有数据的最近 30 天")
@click.option("--as", "username", help="按这个账号看得见的范围")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def why_not_alert(
    context: click.Context,
    rule_id: str,
    subject: str,
    on: datetime | None,
    username: str | None,
    lang: str,
    as_json: bool,
    home: Path | None,
) -> None:
    """一条规则为什么没有对一个主体触发：离界限多远，或缺什么数据。Why a rule did not fire."""
    workspace = opened(context, home)
    reader, now, day = operator(), clock.now(), on.date() if on else None
    if username is not None:
        reader = person(workspace, username)
        subject = subject_asked(workspace, reader, rule_id, subject, now=now)
    told = look_why_not(workspace, reader, rule_id, subject, day, now=now)
    if as_json:
        print_json(asdict(told))
    else:
        click.echo(why_text(told, lang))


# The options that moves ask for beside a text, by the fields of `Said`.
_ASKED: Mapping[str, Callable[[Move], Any]] = {
    "outcome": lambda _: click.Choice([str(one) for one in Outcome]),
    "reason": lambda move: click.Choice(move.reasons),
    "department": lambda _: click.Choice(list(departments())),
    "days": lambda _: click.IntRange(1, MAX_PROLONG_DAYS),
    "into": lambda _: click.STRING,
}
_HELP = {
    "outcome": "核查结论",
    "reason": "理由",
    "department": "部门",
    "days": "几个工作日",
    "into": "并入哪一条预警（编号）",
}


def _add(move: Move) -> None:
    """One sub-command per move of the table, so that a new move needs no new command."""

    @home_option
    @click.argument("alert_id")
    @click.option("--as", "username", required=True, help="以哪个账号操作")
    @click.option("--text", default="", help="情况说明")
    def command(alert_id: str, username: str, text: str, home: Path | None, **asked: Any) -> None:
        workspace = opened(click.get_current_context(), home)
        actor = person(workspace, username)
        given = {name: value for name, value in asked.items() if value is not None}
        if "outcome" in given:
            given["outcome"] = Outcome(given["outcome"])
        revision = move_alert(
            workspace,
            alert_id,
            Act(move.act),
            actor=actor,
            said=Said(text=text, **given),
            if_match=None,
            now=clock.now(),
        )
        click.echo(f"{alert_id} {term(f'act.{move.act}')}，版本 {revision}")

    made: Callable[..., None] = command
    for field in sorted((move.asks | move.takes) & set(_ASKED), reverse=True):
        made = click.option(f"--{field}", type=_ASKED[field](move), help=_HELP[field])(made)
    name = term(f"act.{move.act}")
    alerts_group.add_command(click.command(str(move.act), help=f"{name}。")(made))


for _move in MOVES:
    _add(_move)
