"""`yaotong map`: the dual map as one file that opens with no network."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from layers.standalone import write_map
from yaotong.cli.common import DAY, home_option, opened


@click.command("map")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--area", help="只画这个区域代码之内")
@click.option("--as-of", type=DAY, help="按这一天已知的数据")
@home_option
@click.pass_context
def map_command(
    context: click.Context, out: Path, area: str | None, as_of: datetime | None, home: Path | None
) -> None:
    """把双地图写成一个离线可看的文件。Write the dual map as one self-contained file."""
    write_map(opened(context, home), out, area, as_of.date() if as_of else None)
    click.echo(f"已写出 {out}（{out.stat().st_size / 1024:.0f} kB）")
