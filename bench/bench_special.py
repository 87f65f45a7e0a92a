"""Special drugs in one run: each figure beside what was asked for, and peers where there are any.

python -m bench.bench_special [--buyers N] [codes …]

Exit code 1 when a bound is not kept.
"""

from __future__ import annotations

import argparse
import sys

from bench import bench_exchange, special_ledger, special_till, special_traces
from bench.special_figures import machine, summary

_CODES = (2_000_000, 20_000_000, 200_000_000)
_BUYERS = 100_000


def main(codes: list[int], buyers: int) -> bool:
    """Print the figures; whether every bound is kept."""
    print(f"机器：{machine()}", flush=True)
    print("== 台账", flush=True)
    special_ledger.show()
    print("== 收银机询问", flush=True)
    figures = [special_till.show()]
    print(f"== 跨区域比对，两个实例各 {buyers:,} 人", flush=True)
    figures.append(bench_exchange.show(buyers))
    print("== 追溯码", flush=True)
    figures += special_traces.show(codes)
    return summary(figures)


if __name__ == "__main__":
    told = argparse.ArgumentParser()
    told.add_argument("codes", nargs="*", type=int)
    told.add_argument("--buyers", type=int, default=_BUYERS)
    given = told.parse_args()
    sys.exit(not main(given.codes or list(_CODES), given.buyers))
