"""rules backtest, publish, release: versions of rules on the command line, behind the gate of the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yaotong import clock
from yaotong.acts.accounts import sign_in
from yaotong.acts.backtesting import begin_backtest, do_backtest, preview
from yaotong.acts.stopping import release, resume
from yaotong.acts.versions import move_version
from yaotong.cli.common import home_option, opened, operator, print_json
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.gate import Step
from yaotong.reads.versions import version_page
from yaotong.rules.book import book
from yaotong.terms import term
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def _signed(function: Any) -> Any:
    """--by and a password: a version is moved by a person, on the command line too."""
    asked = click.option("--password", prompt="密码", hide_input=True, help="账号的密码")(function)
    return click.option("--by", "username", required=True, help="以谁的账号")(asked)


@click.command("backtest")
@click.argument("rule_id")
@click.argument("number", type=int, required=False)
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="不存版本，只看这些数值的结果")
@click.option("--by", "username", help="以谁的账号（回测已有的版本时必填）")
@click.option("--password", help="账号的密码；不给则询问")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def backtest_command(
    context: click.Context,
    rule_id: str,
    number: int | None,
    values: tuple[str, ...],
    username: str | None,
    password: str | None,
    as_json: bool,
    home: Path | None,
) -> int:
    """回测一个版本，或一组数值：过去 12 个月与上线版的差别。Back-test."""
    workspace = opened(context, home)
    if rule_id not in book():
        raise NotFound(f"没有规则 {rule_id}。可用：{'、'.join(book())}")
    if (number is None) == (not values):
        raise UsageError("请给出版本号，或用 --set 给出数值，两者取一。")
    if number is None:
        report = preview(workspace, rule_id, _values(values))
    else:
        if username is None:
            raise UsageError("回测已有的版本请用 --by 给出账号。")
        asked = password or click.prompt("密码", hide_input=True)
        report = _kept(workspace, rule_id, number, _person(workspace, username, asked))
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    return 1 if report["always"] else 0


@click.command("publish")
@click.argument("rule_id")
@click.argument("number", type=int)
@_signed
@home_option
@click.pass_context
def publish_command(
    context: click.Context, rule_id: str, number: int, username: str, password: str, home: Path | None
) -> None:
    """把审批过的版本发布上线。Publish an approved version."""
    workspace = opened(context, home)
    actor = _person(workspace, username, password)
    move_version(workspace, rule_id, number, Step.PUBLISH, actor=actor, now=clock.now())
    click.echo(f"规则 {rule_id} 第 {number} 版已上线，下次检测起生效。")


@click.command("release")
@click.argument("rule_id")
@click.option("--notices", is_flag=True, help="恢复因预警过多而暂停的通知，而不是解除隔离")
@_signed
@home_option
@click.pass_context
def release_command(
    context: click.Context, rule_id: str, notices: bool, username: str, password: str, home: Path | None
) -> None:
    """解除隔离，或恢复暂停的通知。Let a stopped rule go on."""
    workspace = opened(context, home)
    actor = _person(workspace, username, password)
    (resume if notices else release)(workspace, rule_id, actor=actor, now=clock.now())
    click.echo(f"规则 {rule_id}：{term('step.resume' if notices else 'step.release')}。")


def _person(workspace: Workspace, username: str, password: str) -> Viewer:
    person = sign_in(workspace, username, password, origin=operator().origin, now=clock.now())
    if person is None:
        raise Forbidden("账号或密码不对。")
    return person


def _values(given: tuple[str, ...]) -> dict[str, float]:
    found = {}
    for one in given:
        name, _, text = one.partition("=")
        try:
            found[name.strip()] = float(text)
        except ValueError as error:
            raise UsageError(f"--set 应写作 名称=数值，不是 {one!r}。") from error
    return found


def _kept(workspace: Workspace, rule_id: str, number: int, actor: Viewer) -> dict[str, Any]:
    """Back-test a version as its page does, and wait for it."""
    begun = begin_backtest(workspace, rule_id, number, actor=actor, now=clock.now())
    do_backtest(workspace, begun, clock=clock.now)
    test = version_page(workspace, actor, rule_id, number, now=clock.now()).backtest
    if test is None or test.state != "finished":
        raise UsageError(f"回测没有完成：{test.error if test is not None else ''}")
    return dict(test.report)


def _print_report(report: dict[str, Any]) -> None:
    live, new = report["live"], report["new"]
    click.echo(f"{report['since']} – {report['until']}，{report['days']} 天中 {report['data_days']} 天有数据")
    click.echo(
        f"本版预警 {new['alerts']}（发现 {new['findings']}），上线版 {live['alerts']}（{live['findings']}）"
    )
    click.echo(f"新出现 {report['appeared']}，不再出现 {report['disappeared']}")
    for week in report["weeks"]:
        if week["new"] or week["live"]:
            names = sorted({*week["new"], *week["live"]})
            told = "，".join(f"{one} {week['new'].get(one, 0)}/{week['live'].get(one, 0)}" for one in names)
            click.echo(f"  {week['monday']} 一周：{told}")
    for one in report["outcomes"]:
        said = f"上线版{'抓到' if one['live'] else '漏掉'}，本版{'抓到' if one['new'] else '漏掉'}"
        click.echo(f"  预警 {one['alert_id']} {term('outcome.' + one['outcome'])}：{said}")
    if report["always"]:
        click.echo("条件几乎总成立，不能发布。", err=True)
