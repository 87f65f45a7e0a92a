"""clusters: the scan for clusters on any table of regions, and nothing of the workspace."""

from __future__ import annotations

from pathlib import Path

import click

from yaotong.cli.tables import read_table, tell_reasons, write_table
from yaotong.detection.clusters import Clustered, clusters
from yaotong.detection.models import METHODS
from yaotong.detection.regions import REASONS
from yaotong.detection.setting import DEFAULTS, Options


@click.command("clusters")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--method", default="auto", help=f"auto（默认，按列选）或 {'、'.join(METHODS)}")
@click.option("--replications", default=DEFAULTS.replications, show_default=True, help="随机重复的次数")
@click.option("--seed", default=DEFAULTS.seed, show_default=True, help="随机数的种子：同一种子同一结果")
@click.option("--alpha", default=DEFAULTS.alpha, show_default=True, help="只列出 p 不大于此的聚集")
@click.option("--all", "every", is_flag=True, help="p 大于 alpha 的也列出")
@click.option(
    "--most-share", default=DEFAULTS.most_share, show_default=True, help="一个聚集至多占全部预期的几成"
)
@click.option("--least-cases", default=DEFAULTS.least_cases, show_default=True, help="一个聚集至少几例")
@click.option(
    "--least-regions", default=DEFAULTS.least_regions, show_default=True, help="一个聚集至少几个区域"
)
@click.option("--longest", default=DEFAULTS.longest, show_default=True, help="时空：至多最近几个日期")
@click.option("--neighbours", default=DEFAULTS.neighbours, show_default=True, help="flexible：至多几个区域")
@click.option("--stop-after", type=int, help="有这么多次重复达到最高的分就停（缺省做完）")
def clusters_command(
    source: Path,
    target: Path,
    every: bool,
    method: str,
    replications: int,
    seed: int,
    alpha: float,
    most_share: float,
    least_cases: int,
    least_regions: int,
    longest: int,
    neighbours: int,
    stop_after: int | None,
) -> int:
    """在任何区域表（Parquet 或 CSV）上找聚集。Find where cases lie closer together than chance puts them.

    列：region_id、lon、lat（WGS-84 度）、cases，和 expected、population、controls 之一；
    有 date 列时找持续到最近一天的时空聚集。
    """
    options = Options(
        method,
        replications,
        seed,
        alpha,
        most_share,
        least_cases,
        least_regions,
        longest,
        neighbours,
        stop_after,
    )
    found = clusters(read_table(source, ("region_id",)), options, every)
    write_table(found.table, target)
    _tell(found, options)
    return 1 if found.refused or found.insufficient else 0


def _tell(found: Clustered, options: Options) -> None:
    """What was done, on standard error: the output is the file."""
    if found.insufficient:
        click.echo(f"资料不足，没有判断：{found.insufficient}；拒绝 {len(found.refused)} 个区域", err=True)
    else:
        many = found.table["cluster_id"].nunique()
        click.echo(
            f"{found.scanned} 个区域，用 {found.method}；"
            f"列出 {many} 个聚集，拒绝 {len(found.refused)} 个区域",
            err=True,
        )
        if found.replications:
            click.echo(
                f"  最可能的聚集 p = {found.top_p:.4g}"
                f"（{found.replications} 次重复；Gumbel 近似 {found.top_gumbel:.2g}）",
                err=True,
            )
        else:
            click.echo("  没有一处多于预期", err=True)
    tell_reasons((found.refused, found.noted), REASONS)
