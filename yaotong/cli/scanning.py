"""scan: the statistical detector on any table of counts, and nothing of the workspace."""

from __future__ import annotations

from pathlib import Path

import click

from yaotong.cli.tables import read_table, tell_reasons, write_table
from yaotong.detection.detector import ALPHA
from yaotong.detection.methods import METHODS
from yaotong.detection.panel import REASONS
from yaotong.detection.scan import Scanned, scan


@click.command("scan")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--method", default="auto", help=f"auto（默认，按数据选）或 {'、'.join(METHODS)}")
@click.option("--alpha", default=ALPHA, show_default=True, help="一个点误报的概率")
def scan_command(source: Path, target: Path, method: str, alpha: float) -> int:
    """在任何计数表（Parquet 或 CSV）上找异常。Judge each row of a table of counts by its past.

    列：series_id、date、observed；可有 expected_population、is_holiday、is_promotion、group_id。
    """
    found = scan(read_table(source, ("series_id", "group_id")), method, alpha)
    write_table(found.table, target)
    _tell(found)
    return 1 if found.refused else 0


def _tell(found: Scanned) -> None:
    """What was done, on standard error: the output is the file."""
    table = found.table
    click.echo(
        f"{table['series_id'].nunique()} 个序列，{len(table)} 行；报警 {int(table['alarm'].sum())} 行，"
        f"资料不足不判断 {found.unjudged} 行，拒绝 {len(found.refused)} 个序列",
        err=True,
    )
    for name, count in sorted(found.chosen.items()):
        click.echo(f"  {count} 个序列用 {name}", err=True)
    tell_reasons((found.refused, found.noted), REASONS)
