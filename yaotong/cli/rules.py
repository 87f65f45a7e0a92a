"""rules: the rule book on the command line."""

from __future__ import annotations

import click

from yaotong.cli.exempting import exempt_group
from yaotong.cli.publishing import backtest_command, publish_command, release_command
from yaotong.rules.book import book
from yaotong.rules.cases import run_page
from yaotong.rules.page import read_page
from yaotong.terms import term


@click.group("rules")
def rules_group() -> None:
    """规则库。The rule book."""


rules_group.add_command(exempt_group)


@rules_group.command("list")
def list_rules() -> None:
    """列出全部规则。"""
    for rule in book().values():
        level, kind = term(f"level.{rule.level}"), term(f"kind.{rule.kind}")
        click.echo(f"{rule.rule_id}  {level}  {kind}  {rule.name_zh}  {rule.name_en}")


@rules_group.command("show")
@click.argument("rule_id")
def show_rule(rule_id: str) -> None:
    """显示一条规则的说明页。"""
    click.echo(read_page(_known(rule_id)).source)


@rules_group.command("test")
@click.argument("rule_id", required=False)
def test_rules(rule_id: str | None) -> int:
    """运行规则页上的案例。Run the cases of the rule pages."""
    failed = 0
    for name in [_known(rule_id)] if rule_id else list(book()):
        for result in run_page(book()[name], read_page(name)):
            failed += not result.passed
            click.echo(f"{name}  {'通过' if result.passed else '不符'}  {result.title}  {result.message}")
    return 1 if failed else 0


for _command in (backtest_command, publish_command, release_command):
    rules_group.add_command(_command)


def _known(rule_id: str) -> str:
    if rule_id not in book():
        raise click.UsageError(f"没有规则 {rule_id}。可用：{'、'.join(book())}")
    return rule_id
