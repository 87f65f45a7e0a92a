"""exchange: agree with another region, match buyers, hand cases over."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from yaotong import clock
from yaotong.acts import handovers, partners
from yaotong.acts.exchanging import run_matching, settle_all
from yaotong.acts.posting import poster
from yaotong.cli.common import DAY, home_option, opened, operator, print_json
from yaotong.errors import UsageError
from yaotong.exchange.handover import CaseAct
from yaotong.reads.exchange import cases_view, matches_view, partners_view, runs_view

_ROWS = 50


@click.group("exchange")
def exchange_group() -> None:
    """与别的地区交换：只比对共同的购药人，身份不出本地区。Between regions, without identities."""


@exchange_group.command("key")
@home_option
@click.pass_context
def key_command(context: click.Context, home: Path | None) -> None:
    """本地区的公钥，写进协议；没有时生成。This region's public key."""
    click.echo(partners.public_key(opened(context, home)))


@exchange_group.command("draft")
@click.argument("terms", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
def draft_command(terms: Path, out: Path) -> None:
    """由写明条款的 TOML 起草协议（JSON），供双方签名。Draft an agreement from its terms."""
    try:
        raw: dict[str, Any] = tomllib.loads(terms.read_text("utf-8"))
        parties = [
            tuple(one[name] for name in ("region", "name", "url", "key")) for one in raw.pop("parties")
        ]
        text = partners.draft(**{**raw, "parties": parties})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{terms} 读不懂或缺少条款：{error}。写法见 README 的“跨区域交换”。") from error
    out.write_text(text, "utf-8")
    click.echo(f"已起草 {out}。请双方各自运行 yaotong exchange sign。")


@exchange_group.command("sign")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@home_option
@click.pass_context
def sign_command(context: click.Context, file: Path, home: Path | None) -> None:
    """在协议上签名，写回原文件。Sign an agreement."""
    file.write_text(partners.sign_text(opened(context, home), file.read_text("utf-8")), "utf-8")
    click.echo(f"已签名 {file}。")


@exchange_group.command("agree")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@home_option
@click.pass_context
def agree_command(context: click.Context, file: Path, home: Path | None) -> None:
    """收下双方都签了名的协议。Keep an agreement that both sides signed."""
    text = file.read_text("utf-8")
    made = partners.add_agreement(opened(context, home), text, actor=operator(), now=clock.now())
    click.echo(f"已收下协议 {made.agreement_id}，有效至 {made.valid_until}。")


@exchange_group.command("end")
@click.argument("agreement_id")
@click.option("--why", required=True, help="终止的理由")
@home_option
@click.pass_context
def end_command(context: click.Context, agreement_id: str, why: str, home: Path | None) -> None:
    """提前终止一份协议。End an agreement."""
    partners.end_agreement(opened(context, home), agreement_id, actor=operator(), why=why, now=clock.now())
    click.echo(f"已终止 {agreement_id}。")


@exchange_group.command("list")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def list_command(context: click.Context, as_json: bool, home: Path | None) -> None:
    """协议、最近的比对、命中与移交。Agreements, runs, matches and cases."""
    workspace = opened(context, home)
    found = {
        "agreements": partners_view(workspace, now=clock.now()),
        "runs": runs_view(workspace, _ROWS),
        "matches": matches_view(workspace, _ROWS, partners.POLICE),
        "cases": cases_view(workspace, _ROWS),
    }
    if as_json:
        print_json(found)
        return
    for one in found["agreements"]:
        click.echo(
            f"协议 {one['agreement_id']}  {one['partner']}  至 {one['valid_until']}  {one['standing']}"
        )
    for one in found["runs"]:
        click.echo(
            f"比对 {one['run_id'][:8]}  {one['since']}—{one['until']}  {one['state']}  命中 {one['matches']}"
        )
    for one in found["cases"]:
        waits = "（待对方确认）" if one["pending"] else ""
        click.echo(f"移交 {one['case_id']}  {one['part']}  {one['state']}{waits}")


@exchange_group.command("run")
@click.argument("agreement_id")
@click.option("--until", type=DAY, help="窗口的最后一天，缺省为昨天")
@click.option("--json", "as_json", is_flag=True)
@home_option
@click.pass_context
def run_command(
    context: click.Context, agreement_id: str, until: datetime | None, as_json: bool, home: Path | None
) -> None:
    """同对方比对一次。Match once with the other region."""
    workspace, now = opened(context, home), clock.now()
    last = until.date() if until is not None else partners.day_before(now)
    done = run_matching(workspace, agreement_id, last, actor=operator(), post=poster(workspace), now=now)
    if as_json:
        print_json({name: getattr(done, name) for name in done.__slots__})
        return
    click.echo(
        f"本地区 {done.people} 人参加，双方合计达到阈值的 {done.matches} 人，用时 {done.seconds:.1f} 秒。"
    )
    if done.left_out:
        click.echo(f"{done.left_out} 人没有封存的比对元素，未参加。", err=True)


@exchange_group.command("sync")
@home_option
@click.pass_context
def sync_command(context: click.Context, home: Path | None) -> int:
    """重发没有得到确认的，让过期的作废。Send again what was not confirmed."""
    workspace, now = opened(context, home), clock.now()
    settled = settle_all(workspace, actor=operator(), post=poster(workspace), now=now)
    sent, faults = handovers.sync(workspace, post=poster(workspace), now=now)
    click.echo(f"比对确认 {settled} 次，移交确认 {sent} 步。")
    for one in faults:
        click.echo(one, err=True)
    return 1 if faults else 0


@exchange_group.command("offer")
@click.argument("token")
@click.option("--text", required=True, help="移交的缘由")
@click.option("--days", type=click.IntRange(*handovers.DAYS), default=7, show_default=True)
@home_option
@click.pass_context
def offer_command(context: click.Context, token: str, text: str, days: int, home: Path | None) -> None:
    """把一条命中移交给对方，先只给遮蔽的概要。Offer a matched case."""
    workspace, now = opened(context, home), clock.now()
    made = handovers.offer_case(
        workspace, token, actor=operator(), text=text, days=days, post=poster(workspace), now=now
    )
    click.echo(f"已提出移交 {made}。")


@exchange_group.command("move")
@click.argument("case_id")
@click.argument("act", type=click.Choice([str(one) for one in CaseAct if one is not CaseAct.OFFER]))
@click.option("--text", default="", help="理由")
@home_option
@click.pass_context
def move_command(context: click.Context, case_id: str, act: str, text: str, home: Path | None) -> None:
    """办理一步：accept 接收、reject 不接收、hand 移交明细、return 退回、withdraw 撤回。Make one step."""
    workspace, now = opened(context, home), clock.now()
    handovers.move_case(
        workspace, case_id, CaseAct(act), actor=operator(), text=text, post=poster(workspace), now=now
    )
    click.echo("已办理，对方已确认。")
