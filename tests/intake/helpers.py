"""Small files for intake's tests, and the call that reads them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from stdnum.iso7064 import mod_11_2

from yaotong.intake import Limits, Pseudonymiser, Reading, Reference, read_file

NOW = datetime(2026, 7, 1, 8, 30)
KEY = Pseudonymiser(b"a key that is only for tests....", "k1")
SALES_HEAD = ("sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "unit_price", "buyer_id_no")


def person(serial: int = 1, born: str = "19900307") -> str:
    """A valid number of an invented person (area 910000)."""
    body = f"910000{born}{serial:03d}"
    return body + mod_11_2.calc_check_digit(body)


def sale(serial: int = 1, **changes: str) -> dict[str, str]:
    """One good sales line, with changes."""
    line = {
        "sale_id": f"S{serial}",
        "pharmacy_id": "P1",
        "sold_at": "2026-06-01 08:30:00",
        "drug_code": "D1",
        "quantity": "2",
        "unit_price": "12.80",
        "buyer_id_no": person(),
    }
    return {**line, **changes}


def csv_text(rows: list[dict[str, str]], names: tuple[str, ...] = SALES_HEAD, delimiter: str = ",") -> str:
    """Rows as CSV without quoting."""
    return (
        "\n".join([delimiter.join(names), *(delimiter.join(row[name] for name in names) for row in rows)])
        + "\n"
    )


def written(folder: Path, content: str | bytes, name: str = "sales.csv") -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(
    path: Path,
    feed: str | None = None,
    profile: str | None = None,
    reference: Reference | None = None,
    limits: Limits | None = None,
) -> Reading:
    """Read a file with the tests' key and clock."""
    return read_file(
        path,
        feed=feed,
        profile=profile,
        reference=reference or Reference(),
        pseudonymiser=KEY,
        limits=limits or Limits(),
        now=NOW,
    )
