"""Imported once by the server of reading processes, so that nobody waits for imports or compiled loops."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from yaotong.acts import handover  # noqa: F401  (its imports are what is wanted)
from yaotong.intake import Limits, Pseudonymiser, Reference, read_file

_LINES = 2_500  # enough for the loops of long columns


def _read_something() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        rows = (f"S{n},P1,2026-01-01 10:00:{n % 60:02d},D1,1,{n}.5,T{n}" for n in range(_LINES))
        header = "sale_id,pharmacy_id,sold_at,drug_code,quantity,unit_price,trace_code"
        path.write_text("\n".join([header, *rows]))
        keyed = Pseudonymiser(b"a key for warming up", "k0")
        now = datetime(2026, 1, 2)
        read_file(path, feed="sales", reference=Reference(), pseudonymiser=keyed, limits=Limits(), now=now)


_read_something()
