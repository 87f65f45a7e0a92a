"""init, demo, intake, detect: making a workspace and filling it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from yaotong import clock
from yaotong.acts.demo import DEMO_PASSWORD, accounts_of, build_demo
from yaotong.acts.detection import RuleRun, detect
from yaotong.acts.intake import ON_BAD_ROWS, take_in
from yaotong.cli.common import DAY, chosen_home, home_option, opened, operator, print_json
from yaotong.codes import Outcome
from yaotong.demo.regions import REGIONS
from yaotong.intake import Limits, profiles
from yaotong.records import FEEDS, Receipt
from yaotong.workspace import init_workspace

_SHOWN = 5  # refused rows on the screen; the reject file has them all


@click.command("init")
@home_option
@click.pass_context
def init_command(context: click.Context, home: Path | None) -> None:
    """建立工作区，或把旧工作区升级到本版本。Make or upgrade a workspace."""
    where = chosen_home(context, home)
    init_workspace(where)
    click.echo(f"工作区已就绪：{where}")


@click.command("demo")
@home_option
@click.option("--days", type=click.IntRange(30, 1095), default=365, show_default=True)
@click.option("--pharmacies", type=click.IntRange(20, 2000), default=280, show_default=True)
@click.option("--seed", type=int, default=20260101, show_default=True)
@click.option("--region", type=click.Choice(list(REGIONS)), help="保管身份库、可与另一地区交换的演示城市")
@click.pass_context
def demo_command(
    context: click.Context, home: Path | None, days: int, pharmacies: int, seed: int, region: str | None
) -> int:
    """写出合成演示城市的数据文件，并像真实文件一样接收、检测、派发。Build the synthetic demo city."""
    bar = _Bar()
    built = build_demo(
        chosen_home(context, home),
        days=days,
        pharmacies=pharmacies,
        seed=seed,
        region=region or "",
        now=clock.now(),
        progress=bar,
    )
    bar.close()
    accepted = sum(one.accepted for one in built.receipts)
    click.echo(f"接收 {len(built.receipts)} 个文件，{accepted:,} 行。")
    for run in built.runs:
        click.echo(_run_line(run))
    click.echo(
        f"已送达 {built.delivered.sent} 条通知。演示数据均为合成。演示账号（密码均为 {DEMO_PASSWORD}）："
    )
    for account in accounts_of(REGIONS[region or "pinghu"]):
        click.echo(f"  {account.username:<12}{account.display_name}")
    return _code(built.receipts)


@click.command("intake")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--feed", type=click.Choice(list(FEEDS)), help="数据种类；不给则按列名辨认")
@click.option("--profile", help="外部系统的列名与代码对照；auto 为按列名辨认")
@click.option("--on-bad-rows", type=click.Choice(ON_BAD_ROWS), default="partial", show_default=True)
@click.option("--limits", type=click.Choice(["on", "off"]), default="on", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="每个文件输出一行回执 JSON")
@home_option
@click.pass_context
def intake_command(
    context: click.Context,
    files: tuple[Path, ...],
    feed: str | None,
    profile: str | None,
    on_bad_rows: str,
    limits: str,
    as_json: bool,
    home: Path | None,
) -> int:
    """接收数据文件，每个文件给一份回执。Take files in, a receipt for each."""
    workspace = opened(context, home)
    receipts = []
    for path in files:
        receipt = take_in(
            workspace,
            path,
            feed=feed,
            profile=profile,
            on_bad_rows=on_bad_rows,
            sent_by="cli",
            origin=operator().origin,
            now=clock.now(),
            limits=Limits.off() if limits == "off" else None,
        )
        receipts.append(receipt)
        if as_json:
            print_json(receipt.as_dict())
        else:
            _print_receipt(receipt)
    return _code(tuple(receipts))


@click.command("detect")
@click.option("--since", type=DAY, help="行为日起（含）")
@click.option("--until", type=DAY, help="行为日止（含）")
@click.option("--rule", "rule_ids", multiple=True, metavar="ID", help="只跑这些规则")
@click.option("--whole", is_flag=True, help="重新判断全部日子，而不只是有变化的")
@click.option("--engine", default="duckdb", show_default=True, help="duckdb、spark://主机:端口 或 local[*]")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def detect_command(
    context: click.Context,
    since: datetime | None,
    until: datetime | None,
    rule_ids: tuple[str, ...],
    whole: bool,
    engine: str,
    as_json: bool,
    home: Path | None,
) -> int:
    """按规则检测，生成或更新预警。Run the rules."""
    runs = detect(
        opened(context, home),
        since=since.date() if since else None,
        until=until.date() if until else None,
        rule_ids=rule_ids,
        whole=whole,
        engine=engine,
        now=clock.now(),
    )
    stopped = 1 if any(run.failed for run in runs) else 0
    if as_json:
        print_json([asdict(run) for run in runs])
        return stopped
    for run in runs:
        click.echo(_run_line(run), err=bool(run.failed))
    if not runs:
        click.echo("还没有销售数据，无可检测。请先 yaotong intake。")
    return stopped


def _run_line(run: RuleRun) -> str:
    if run.failed:
        return (
            f"{run.rule_id}  已隔离，其余规则照常：{run.failed}。"
            "改正规则或数值后自动恢复，也可由主办部门负责人解除。"
        )
    return (
        f"{run.rule_id}  发现 {run.found}，新预警 {run.opened}，补充 {run.extended}，升级 {run.worsened}，"
        f"条件消失 {run.vanished}（判断 {run.days} 天，{run.seconds:.1f} 秒）"
    )


def _print_receipt(receipt: Receipt) -> None:
    if receipt.outcome is Outcome.REJECTED_FILE:
        click.echo(f"{receipt.file}: 整份拒收（{receipt.file_reason}）{receipt.message}", err=True)
        return
    click.echo(
        f"{receipt.file}: {receipt.feed} {receipt.outcome}，{_read_as(receipt)}，{receipt.rows} 行，"
        f"接收 {receipt.accepted}，重复 {receipt.duplicates}，"
        f"拒收 {len(receipt.rejected)}（{receipt.seconds:.1f} 秒）"
    )
    for note in receipt.notes:
        click.echo(f"  {note}")
    for one in receipt.rejected[:_SHOWN]:
        click.echo(f"  第 {one.row} 行 {one.column} {one.reason}：{one.message}", err=True)


def _read_as(receipt: Receipt) -> str:
    """Whose column names the file had: those of a source, or our own."""
    source = profiles().get(receipt.profile)
    return f"按来源 {source.id}（{source.title_zh}）读取" if source is not None else "按标准列名读取"


def _code(receipts: tuple[Receipt, ...]) -> int:
    refused = any(one.rejected or one.outcome is Outcome.REJECTED_FILE for one in receipts)
    return 1 if refused else 0


class _Bar:
    """One progress bar per stage."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: tqdm[Any] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage or self._bar is None:
            self.close()
            self._stage = stage
        bar: tqdm[Any] = tqdm(desc=stage, total=total) if self._bar is None else self._bar
        self._bar = bar
        bar.total = total
        bar.update(done - bar.n)

    def close(self) -> None:
        """End the bar on the screen, if there is one."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None
