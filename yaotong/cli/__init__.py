"""The command line of contract §2. Verbs that draw or serve are plugged in from above by entry points."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import click

from yaotong import config
from yaotong.cli.accounts import user_group
from yaotong.cli.alerts import alerts_group
from yaotong.cli.auditing import audit_group
from yaotong.cli.backing import backup_command, restore_command
from yaotong.cli.clusters import clusters_command
from yaotong.cli.data import demo_command, detect_command, init_command, intake_command
from yaotong.cli.exchange import exchange_group
from yaotong.cli.inspecting import inspections_group
from yaotong.cli.keys import keys_group
from yaotong.cli.purposes import purposes_group
from yaotong.cli.reporting import report_command
from yaotong.cli.routing import duty_command, route_command
from yaotong.cli.rules import rules_group
from yaotong.cli.running import deliver_command, doctor_command
from yaotong.cli.scanning import scan_command
from yaotong.cli.tracing import traces_group
from yaotong.cli.vault import vault_group
from yaotong.cli.working import worker_command
from yaotong.errors import YaotongError

COMMANDS = (
    init_command,
    demo_command,
    intake_command,
    detect_command,
    alerts_group,
    rules_group,
    scan_command,
    traces_group,
    clusters_command,
    route_command,
    duty_command,
    inspections_group,
    report_command,
    deliver_command,
    worker_command,
    user_group,
    audit_group,
    exchange_group,
    keys_group,
    purposes_group,
    vault_group,
    backup_command,
    restore_command,
    doctor_command,
)
PLUGINS = "yaotong.commands"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path), help="工作区目录，默认 YAOTONG_HOME")
@click.option("--debug", is_flag=True, help="出错时显示完整追踪")
@click.version_option(package_name="yaotong")
@click.pass_context
def cli(context: click.Context, home: Path | None, debug: bool) -> None:
    """云药通：药店联合监管一张图。Joint supervision of pharmacies."""
    context.obj = {"home": config.home_of(home), "debug": debug}


for _command in COMMANDS:
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit codes are those of contract §2."""
    given = sys.argv[1:] if arguments is None else arguments
    for plugin in entry_points(group=PLUGINS):
        cli.add_command(plugin.load(), plugin.name)
    try:
        code = cli.main(args=given, prog_name="yaotong", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
    except YaotongError as error:
        if "--debug" in given:
            raise
        click.echo(f"错误：{error}", err=True)
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)
