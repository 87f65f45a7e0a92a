"""Special drugs in one run: the ledger, the index of codes, the till's allowance, and peers beside them.

python -m bench.bench_special [codes …]
"""

from __future__ import annotations

import sys

from bench import special_ledger, special_till, special_traces

_CODES = (2_000_000, 20_000_000, 200_000_000)


def main(codes: list[int]) -> None:
    """Print the figures."""
    print("== 台账", flush=True)
    special_ledger.show()
    print("== 收银机询问", flush=True)
    special_till.show()
    print("== 追溯码", flush=True)
    special_traces.show(codes)


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or list(_CODES))
