"""Parquet and NDJSON: typed columns that are no values, damage within, and JSON that is none."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.intake.helpers import SALES_HEAD
from tests.intake.hostile.sent import Sent, bad, good, lines, row, text
from yaotong.intake import Limits


def table_files(rng: random.Random) -> Iterator[Sent]:
    """Every case of Parquet and NDJSON."""
    for part in (_types, _damage, _parquet_sizes, _json, _json_values, _json_sizes):
        yield from part(rng)


def parquet(rng: random.Random, _count: int = 3, **columns: Any) -> bytes:
    """Sound lines as Parquet, with columns changed or added."""
    rows = lines(rng, _count)
    plain = {name: pa.array([one[name] for one in rows]) for name in SALES_HEAD}
    return _bytes(pa.table({**plain, **columns}))


def _bytes(table: pa.Table, **how: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **how)
    return out.getvalue()


def _types(rng: random.Random) -> Iterator[Sent]:
    no_values = {
        "lists": pa.array([[1], [2], [3]]),
        "structs": pa.array([{"a": 1}] * 3),
        "maps": pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int64())),
        "bytes": pa.array([b"1"] * 3),
        "large bytes": pa.array([b"1"] * 3, pa.large_binary()),
        "fixed bytes": pa.array([b"12"] * 3, pa.binary(2)),
        "spans": pa.array([1, 2, 3], pa.duration("s")),
    }
    for title, column in no_values.items():
        yield bad("bad_schema", f"parquet {title}", "a.parquet", parquet(rng, quantity=column))
    values = {
        "decimals": pa.array([Decimal("2.50"), Decimal("1.00"), Decimal("-3.00")]),
        "small floats": pa.array([1.0, 2.0, 2.5], pa.float32()),
        "bytes that count": pa.array([1, 2, 3], pa.int8()),
        "a dictionary": pa.array(["1", "2", "1"]).dictionary_encode(),
        "large text": pa.array(["1", "2", "3"], pa.large_string()),
    }
    for title, column in values.items():
        yield good("bad_schema", f"parquet {title}", "a.parquet", parquet(rng, quantity=column))
    faults = (
        ("bad_number", "quantity", pa.array([1.0, 2.0, float("nan")]), pa.array([1.0, 2.0, 3.0])),
        ("bad_number", "quantity", pa.array([1.0, 2.0, float("inf")]), pa.array([1, 2, 3])),
        ("missing_value", "quantity", pa.array([1, 2, None]), pa.array([1, 2, 0])),
        ("bad_date", "sold_at", pa.array([0, 0, 2**62], pa.timestamp("us")), _moments(datetime(2026, 6, 1))),
        ("future_time", "sold_at", _moments(datetime(2028, 6, 1)), _moments(datetime(2026, 6, 30))),
        ("bad_date", "sold_at", pa.array(["2026-06-01", "2026-06-02", "2026-06-31"]), pa.array([date(2026, 6, 1)] * 3)),
        ("bad_id", "trace_code", pa.array(["1", "2", "8.1E+19"]), pa.array([2**53 + 1] * 3)),
        ("too_long", "batch_no", pa.array(["", "", "药" * 4_097]), pa.array(["", "", "药" * 4_096])),
        ("control_char", "batch_no", pa.array(["", "", "a\0b"]), pa.array(["a", "b", "c"])),
    )  # fmt: skip
    for place, (reason, name, wrong, right) in enumerate(faults):
        rest = {"buyer_id_no": pa.nulls(3, pa.string())}
        if place == 3:  # the two others are of 1970
            wrong = pa.concat_arrays([_moments(datetime(2026, 6, 1))[:2], wrong[2:]])
        yield row(reason, f"parquet {place}", "a.parquet", parquet(rng, **{**rest, name: wrong}))
        yield good(reason, f"parquet {place} sound", "a.parquet", parquet(rng, **{**rest, name: right}))


def _moments(last: datetime) -> Any:
    return pa.array([datetime(2026, 6, 1), datetime(2026, 6, 1), last], pa.timestamp("us"))


def _damage(rng: random.Random) -> Iterator[Sent]:
    sound = parquet(rng)
    size = len(sound)
    for cut in (9, size // 2, size - 1):
        yield bad("truncated_file", f"parquet cut at {cut}", "a.parquet", sound[:cut])
    yield good("truncated_file", "parquet whole", "a.parquet", sound)
    yield bad("corrupt_file", "nothing between the marks", "a.parquet", b"PAR1PAR1")
    yield bad(
        "corrupt_file", "a footer that says it is huge", "a.parquet", sound[:-8] + b"\xff\xff\xff\x7fPAR1"
    )
    yield bad("corrupt_file", "a footer that says it is empty", "a.parquet", sound[:-8] + b"\0\0\0\0PAR1")
    yield bad(
        "corrupt_file",
        "a footer of zeros",
        "a.parquet",
        sound[: size // 2].ljust(size - 8, b"\0") + sound[-8:],
    )
    yield bad("corrupt_file", "text that is no text", "a.parquet", _with_bad_text(rng))
    yield good(
        "corrupt_file", "text that is text", "a.parquet", parquet(rng, drug_code=pa.array(["药", "店", "é"]))
    )
    yield bad("encrypted_file", "a footer that is encrypted", "a.parquet", b"PARE" + sound[4:-4] + b"PARE")
    yield bad("ext_mismatch", "a text called parquet", "a.parquet", text(rng))
    yield bad("ext_mismatch", "parquet called csv", "a.csv", sound)
    yield bad(
        "duplicate_header",
        "parquet",
        "a.parquet",
        _bytes(pa.table([pa.array(["1"])] * 2, names=["sale_id"] * 2)),
    )
    yield bad("missing_column", "parquet of no columns", "a.parquet", _bytes(pa.table({})))
    yield bad(
        "bad_schema", "parquet with a nameless column", "a.parquet", parquet(rng, **{"": pa.array(["1"] * 3)})
    )
    yield good("empty_file", "parquet of no rows", "a.parquet", parquet(rng, 0))


def _with_bad_text(rng: random.Random) -> bytes:
    column = pa.array([b"D1", b"D\xff", b"D1"]).view(pa.string())
    return parquet(rng, drug_code=column)


def _parquet_sizes(rng: random.Random) -> Iterator[Sent]:
    sound = parquet(rng)
    yield bad("too_many_rows", "a row more in parquet", "a.parquet", sound, limits=Limits(rows=2))
    yield good("too_many_rows", "just as many in parquet", "a.parquet", sound, limits=Limits(rows=3))
    yield bad("too_many_columns", "a column more in parquet", "a.parquet", sound, limits=Limits(columns=6))
    yield good("too_many_columns", "just as many in parquet", "a.parquet", sound, limits=Limits(columns=7))
    size = sum(
        pq.ParquetFile(io.BytesIO(sound)).metadata.row_group(0).column(one).total_uncompressed_size
        for one in range(7)
    )
    yield bad(
        "decompression_bomb",
        "parquet, a byte more",
        "a.parquet",
        sound,
        limits=Limits(unpacked_bytes=size - 1),
    )
    yield good(
        "decompression_bomb", "parquet, just as large", "a.parquet", sound, limits=Limits(unpacked_bytes=size)
    )


def ndjson(rng: random.Random, **changes: object) -> str:
    """Sound lines as NDJSON, the last one with changes."""
    rows: list[dict[str, object]] = [{**one} for one in lines(rng)]
    rows[-1].update(changes)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)


def _json(rng: random.Random) -> Iterator[Sent]:
    sound = ndjson(rng)
    broken = {
        "nan": '{"quantity": NaN}',
        "infinity": '{"quantity": -Infinity}',
        "a name twice": '{"sale_id": "1", "sale_id": "2"}',
        "a name twice, once escaped": '{"sale_id": "1", "sale\\u005fid": "2"}',
        "a comma at the end": '{"sale_id": "1",}',
        "a remark": '{"sale_id": "1"} // note',
        "two values": '{"sale_id": "1"} {"sale_id": "2"}',
        "a list": "[1]",
        "a word": "null",
        "a list of values": '{"quantity": [1]}',
        "single quotes": "{'sale_id': '1'}",
        "a number with a zero before": '{"quantity": 01}',
        "half a letter": '{"drug_code": "\\ud800"}',
        "half a letter for a name": '{"\\udc00": "1"}',
        "a raw control character": '{"drug_code": "a\x07b"}',
        "cut": '{"sale_id": "1", "pha',
    }
    for title, line in broken.items():
        yield bad("bad_json", title, "a.ndjson", f"{sound}{line}\n")
    yield good("bad_json", "a pair of halves", "a.ndjson", ndjson(rng).replace('"D1"', '"\\ud83d\\ude00"'))
    yield good("bad_json", "blank lines", "a.ndjson", sound.replace("\n", "\r\n\r\n"))
    yield good("bad_json", "a mark", "a.ndjson", b"\xef\xbb\xbf" + sound.encode())
    yield good("bad_json", "a longer name", "a.jsonl", sound)
    yield bad("empty_file", "blank lines of NDJSON", "a.ndjson", "\n \n")
    yield bad("bad_encoding", "NDJSON in UTF-16", "a.ndjson", sound.encode("utf-16"))
    yield bad("bad_schema", "a column more", "a.ndjson", ndjson(rng, colour="red"))
    yield good("bad_schema", "a known column more", "a.ndjson", ndjson(rng, channel="online"))
    yield bad("missing_column", "objects of nothing", "a.ndjson", "{}\n{}\n")


def _json_values(rng: random.Random) -> Iterator[Sent]:
    faults = (
        ("bad_number", {"quantity": int("9" * 400)}, {"quantity": 9}),
        ("bad_number", {"quantity": True}, {"quantity": 1}),
        ("too_long", {"quantity": 10**4_096}, {"quantity": 1.50}),
        ("missing_value", {"quantity": None}, {"quantity": 0}),
        ("control_char", {"batch_no": "a\0b"}, {"batch_no": "药\U0001f600"}),
        ("control_char", {"batch_no": "a\u2028b"}, {"batch_no": "a b"}),
        ("too_long", {"batch_no": "\U0001f600" * 4_097}, {"batch_no": "\U0001f600" * 4_096}),
        ("bad_enum", {"channel": "nowhere"}, {"channel": "STORE"}),
    )  # fmt: skip
    for place, (reason, wrong, right) in enumerate(faults):
        yield row(reason, f"json {place}", "a.ndjson", ndjson(rng, **wrong))
        yield good(reason, f"json {place} sound", "a.ndjson", ndjson(rng, **right))


def _json_sizes(rng: random.Random) -> Iterator[Sent]:
    sound = ndjson(rng)
    for depth, ends in ((31, "bad_schema"), (32, "json_depth"), (30_000, "json_depth")):
        inner = '{"a":' * depth + "1" + "}" * depth
        one = sound.replace("}\n", f', "a": {inner}}}\n', 1)
        yield Sent("json_depth", f"{depth + 1} levels", "a.ndjson", one.encode(), ends=ends)
    yield good("json_depth", "brackets in a text", "a.ndjson", ndjson(rng, batch_no="[{" * 100))
    yield bad("too_many_rows", "a row more in NDJSON", "a.ndjson", sound, limits=Limits(rows=2))
    yield good("too_many_rows", "just as many in NDJSON", "a.ndjson", sound, limits=Limits(rows=3))
    yield bad("too_many_columns", "a column more in NDJSON", "a.ndjson", sound, limits=Limits(columns=6))
    yield good("too_many_columns", "just as many in NDJSON", "a.ndjson", sound, limits=Limits(columns=7))
    wide = ndjson(rng, **{f"c{one}": "1" for one in range(194)})
    yield bad("too_many_columns", "201 columns in NDJSON", "a.ndjson", wide)
