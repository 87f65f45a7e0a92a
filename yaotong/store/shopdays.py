"""How many lines each shop's days have, worked out once for each fact file and kept beside the files.

What is here follows from the fact files: a file without an entry is read itself and gets one, and an entry
whose file is not in force is not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from yaotong.store.byfile import adding, entry, name_of, places
from yaotong.store.registry import in_force
from yaotong.store.schema import fact_file
from yaotong.store.staging import reading

_MARK = b"YTD1"
_COUNTS = ("lines", "sold", "returned")
SCHEMA = pa.schema(
    [("pharmacy_id", pa.string()), ("day", pa.date32()), *((name, pa.int64()) for name in _COUNTS)]
)


def shop_days(connection: Connection, facts_dir: Path, version: int) -> pa.Table:
    """SCHEMA, a row for each shop and day with sales that the files in force hold, corrected lines too.

    StoreError when a file cannot be read. A disk that refuses to keep what was worked out is no failure.
    """
    query = select(fact_file.c.path, fact_file.c.sha256).where(
        fact_file.c.feed == "sales", in_force(fact_file, version)
    )
    files = {name_of(path, sha): facts_dir / path for path, sha in connection.execute(query)}
    parts = _kept(facts_dir / "days" / "sales.bin", files)
    return _added(parts) if parts else SCHEMA.empty_table()


def _kept(path: Path, files: dict[bytes, Path]) -> list[pa.Table]:
    """What is known of the files, those worked out that were not."""
    with ExitStack() as held:
        try:
            file = held.enter_context(adding(path))
        except OSError:
            return [_worked_out(one) for one in files.values()]
        known, end = places(file, _MARK)
        found = [_read(file, known[name]) for name in files if name in known]
        missing = {name: _worked_out(one) for name, one in files.items() if name not in known}
        _keep(file, end, missing)
    return [*found, *missing.values()]


def _keep(file: BinaryIO, end: int, missing: dict[bytes, pa.Table]) -> None:
    try:
        if missing:
            file.truncate(end)  # a torn entry of one who was killed
        for name, table in missing.items():
            body = _bytes(table)
            file.write(entry(_MARK, name, len(body), body))
    except OSError:
        return


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as out:
        out.write_table(table)
    return bytes(sink.getvalue())


def _read(file: BinaryIO, place: tuple[int, int]) -> pa.Table:
    file.seek(place[0])
    return pa.ipc.open_stream(file.read(place[1])).read_all()


def _worked_out(path: Path) -> pa.Table:
    """The counts of one file."""
    columns = ["pharmacy_id", "sold_at", "quantity"]
    with reading(path):
        file = pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=["pharmacy_id"])
        parts = [_counted(file.read_row_group(one, columns=columns)) for one in range(file.num_row_groups)]
    return _added(parts) if parts else SCHEMA.empty_table()


def _counted(lines: pa.Table) -> pa.Table:
    quantity = lines["quantity"]
    return _added(
        [
            pa.table(
                [
                    lines["pharmacy_id"].cast(pa.string()),
                    pc.cast(lines["sold_at"], pa.date32()),
                    pa.repeat(pa.scalar(1, pa.int64()), lines.num_rows),
                    pc.cast(pc.fill_null(pc.greater(quantity, 0.0), False), pa.int64()),
                    pc.cast(pc.fill_null(pc.less(quantity, 0.0), False), pa.int64()),
                ],
                schema=SCHEMA,
            )
        ]
    )


def _added(parts: Sequence[pa.Table]) -> pa.Table:
    summed = (
        pa.concat_tables(parts)
        .group_by(["pharmacy_id", "day"])
        .aggregate([(name, "sum") for name in _COUNTS])
    )
    return summed.rename_columns([one.removesuffix("_sum") for one in summed.column_names]).select(
        SCHEMA.names
    )
