"""The same job by other means: read sales lines, check them, make pseudonyms, drop repeats, write Parquet.

    python -m bench.intake_peers duckdb|polars|pandas|postgres IN.csv OUT_FOLDER

Each does what its users would write: typed columns, ranges, known pharmacies and drugs, the identity number's
shape, date and MOD 11-2, a keyed digest of the number, one line per pharmacy and sale, files by month. None
fingerprints contents, keeps a reason for a refused row, or looks at what is kept already, as intake does.
Prints one line of JSON: rows kept, seconds, the most memory in MB (of the server, too, for PostgreSQL).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

SHOPS, DRUGS = 1_000, 400
KEY = "a key that is only for benchmarks"
NAMES = (
    "sale_id", "pharmacy_id", "sold_at", "drug_code", "trace_code", "batch_no", "quantity", "unit_price",
    "buyer_id_no", "channel", "paid_by_insurance",
)  # fmt: skip
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def shops() -> list[str]:
    """Licence numbers of the benchmark's pharmacies."""
    return [f"浙DA0573{number:05d}" for number in range(SHOPS)]


def drugs() -> list[str]:
    """Codes of the benchmark's drugs."""
    return [f"YP{number:04d}A" for number in range(DRUGS)]


def _summed(digit: str) -> str:
    """The weighted sum of a number's digits in SQL."""
    return " + ".join(f"{digit.format(place=place + 1)} * {one}" for place, one in enumerate(WEIGHTS))


def _duck(path: Path, folder: Path) -> int:
    import duckdb

    texts = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in NAMES) + "}"
    summed = _summed("cast(substr(n, {place}, 1) as integer)")
    with duckdb.connect() as backend:
        backend.execute("set threads = 2")
        backend.execute("set preserve_insertion_order = false")
        backend.execute("create table shop as select unnest(?) as id", [shops()])
        backend.execute("create table drug as select unnest(?) as id", [drugs()])
        backend.execute(
            f"""
            copy (
              with typed as (
                select *, try_cast(sold_at as timestamp) as moment, try_cast(quantity as double) as packs,
                       try_cast(unit_price as double) as price, upper(trim(buyer_id_no)) as n
                from read_csv('{path}', header = true, columns = {texts})
              ), good as (
                select * from typed
                where moment between timestamp '1990-01-01' and timestamp '2026-11-02'
                  and packs between -100000 and 100000 and price between 0 and 1000000
                  and sale_id is not null and pharmacy_id in (select id from shop)
                  and drug_code in (select id from drug)
                  and channel in ('store', 'online', 'delivery') and paid_by_insurance in ('true', 'false')
                  and not regexp_matches(sale_id, '[\\x00-\\x1f]')
                  and (n is null or (regexp_full_match(n, '[0-9]{{17}}[0-9X]')
                       and try_strptime(substr(n, 7, 8), '%Y%m%d') is not null
                       and substr('10X98765432', 1 + ({summed}) % 11, 1) = substr(n, 18, 1)))
                qualify row_number() over (partition by pharmacy_id, sale_id) = 1
              )
              select sale_id, pharmacy_id, moment as sold_at, drug_code, trace_code, batch_no,
                     packs as quantity,
                     cast(round(price * 100) as bigint) as unit_price_fen, channel,
                     paid_by_insurance = 'true' as paid_by_insurance,
                     case when n is not null then sha256('{KEY}' || n) end as buyer_key,
                     strftime(moment, '%Y-%m') as month
              from good
            ) to '{folder}' (format parquet, compression zstd, partition_by (month), overwrite)
            """
        )
        counted = backend.execute(f"select count(*) from read_parquet('{folder}/**/*.parquet')").fetchall()
    return int(counted[0][0])


def _polars(path: Path, folder: Path) -> int:
    import hashlib

    import polars as pl

    frame = pl.read_csv(path, schema_overrides=dict.fromkeys(NAMES, pl.String), null_values=[""])
    number = pl.col("buyer_id_no").str.strip_chars().str.to_uppercase()
    digits = [number.str.slice(place, 1).cast(pl.Int32, strict=False) for place in range(17)]
    total = pl.sum_horizontal([one * weight for one, weight in zip(digits, WEIGHTS, strict=True)])
    check = pl.lit("10X98765432").str.slice(total % 11, 1)
    good = (
        pl.col("sold_at").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).is_between(
            pl.datetime(1990, 1, 1), pl.datetime(2026, 11, 2)
        )
        & pl.col("quantity").cast(pl.Float64, strict=False).is_between(-100_000, 100_000)
        & pl.col("unit_price").cast(pl.Float64, strict=False).is_between(0, 1_000_000)
        & pl.col("sale_id").is_not_null()
        & ~pl.col("sale_id").str.contains(r"[\x00-\x1f]")
        & pl.col("pharmacy_id").is_in(shops())
        & pl.col("drug_code").is_in(drugs())
        & pl.col("channel").is_in(["store", "online", "delivery"])
        & pl.col("paid_by_insurance").is_in(["true", "false"])
        & (
            pl.col("buyer_id_no").is_null()
            | (
                number.str.contains(r"^[0-9]{17}[0-9X]$")
                & number.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_not_null()
                & (check == number.str.slice(17, 1))
            )
        )
    )  # fmt: skip
    kept = frame.filter(good).unique(["pharmacy_id", "sale_id"], keep="first")
    people = kept["buyer_id_no"].drop_nulls().unique()
    keys = [hashlib.sha256((KEY + one).encode()).hexdigest() for one in people.to_list()]
    done = kept.with_columns(
        pl.col("sold_at").str.to_datetime("%Y-%m-%d %H:%M:%S"),
        pl.col("quantity").cast(pl.Float64),
        (pl.col("unit_price").cast(pl.Float64) * 100).round().cast(pl.Int64).alias("unit_price_fen"),
        pl.col("paid_by_insurance") == "true",
        pl.col("buyer_id_no").replace_strict(people, keys, default=None).alias("buyer_key"),
    ).drop("buyer_id_no", "unit_price")
    for (month,), part in done.group_by(pl.col("sold_at").dt.strftime("%Y-%m")):
        part.write_parquet(folder / f"{month}.parquet", compression="zstd")
    return done.height


def _pandas(path: Path, folder: Path) -> int:
    import hashlib

    import numpy as np
    import pandas as pd

    frame = pd.read_csv(path, dtype="str")
    at = pd.to_datetime(frame["sold_at"], format="%Y-%m-%d %H:%M:%S", errors="coerce")
    packs, price = (pd.to_numeric(frame[name], errors="coerce") for name in ("quantity", "unit_price"))
    people = frame["buyer_id_no"].dropna().unique()
    sound = pd.Series([_sound(one) for one in people], index=people)
    good = (
        at.between("1990-01-01", "2026-11-02") & packs.between(-1e5, 1e5) & price.between(0, 1e6)
        & frame["sale_id"].notna() & ~frame["sale_id"].str.contains(r"[\x00-\x1f]", na=False)
        & frame["pharmacy_id"].isin(shops()) & frame["drug_code"].isin(drugs())
        & frame["channel"].isin(["store", "online", "delivery"])
        & frame["paid_by_insurance"].isin(["true", "false"])
        & frame["buyer_id_no"].map(sound).fillna(True).astype(bool)
    )  # fmt: skip
    frame = frame.assign(sold_at=at, quantity=packs, unit_price_fen=np.round(price * 100))
    kept = frame[good].drop_duplicates(["pharmacy_id", "sale_id"])
    keys = {one: hashlib.sha256((KEY + one).encode()).hexdigest() for one in people}
    kept = kept.assign(buyer_key=kept["buyer_id_no"].map(keys))
    kept = kept.assign(paid_by_insurance=kept["paid_by_insurance"] == "true")
    kept = kept.drop(columns=["buyer_id_no", "unit_price"])
    for month, part in kept.groupby(kept["sold_at"].dt.strftime("%Y-%m")):
        part.to_parquet(folder / f"{month}.parquet", compression="zstd", index=False)
    return len(kept)


def _sound(number: str) -> bool:
    from datetime import datetime

    if len(number) != 18 or not number[:17].isdigit():
        return False
    try:
        datetime.strptime(number[6:14], "%Y%m%d")
    except ValueError:
        return False
    total = sum(int(one) * weight for one, weight in zip(number, WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17]


def _postgres(path: Path, folder: Path) -> int:
    import psycopg

    from tests.postgres.cluster import Cluster

    cluster = Cluster()
    try:
        with psycopg.connect(cluster.address.replace("+psycopg", ""), autocommit=True) as session:
            return _in_postgres(session, path)
    finally:
        cluster.remove()


def _in_postgres(session: object, path: Path) -> int:
    run = session.execute  # type: ignore[attr-defined]
    run(f"create unlogged table raw ({', '.join(f'{name} text' for name in NAMES)})")
    cursor = session.cursor()  # type: ignore[attr-defined]
    with cursor.copy("copy raw from stdin (format csv, header true)") as into, path.open("rb") as file:
        while part := file.read(1 << 20):
            into.write(part)
    run("create unlogged table shop (id text primary key)")
    run("create unlogged table drug (id text primary key)")
    cursor.executemany("insert into shop values (%s)", [(one,) for one in shops()])
    cursor.executemany("insert into drug values (%s)", [(one,) for one in drugs()])
    summed = _summed("substr(buyer_id_no, {place}, 1)::int")
    run(
        f"""
        create unlogged table kept as
        select distinct on (pharmacy_id, sale_id) sale_id, pharmacy_id, sold_at::timestamp as sold_at,
               drug_code, trace_code, batch_no, quantity::float8 as quantity,
               round(unit_price::numeric * 100)::bigint as unit_price_fen, channel,
               paid_by_insurance = 'true' as paid_by_insurance,
               case when buyer_id_no is not null
                    then encode(sha256(('{KEY}' || buyer_id_no)::bytea), 'hex') end as buyer_key
        from raw
        where sold_at ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}$'
          and sold_at::timestamp between '1990-01-01' and '2026-11-02'
          and quantity ~ '^-?[0-9]+(\\.[0-9]+)?$' and quantity::float8 between -100000 and 100000
          and unit_price ~ '^[0-9]+(\\.[0-9]+)?$' and unit_price::float8 between 0 and 1000000
          and sale_id is not null and pharmacy_id in (select id from shop)
          and drug_code in (select id from drug)
          and channel in ('store', 'online', 'delivery') and paid_by_insurance in ('true', 'false')
          and (buyer_id_no is null or case when buyer_id_no ~ '^[0-9]{{17}}[0-9X]$'
               then substr('10X98765432', 1 + ({summed}) % 11, 1) = substr(buyer_id_no, 18, 1) end)
        """
    )
    return int(run("select count(*) from kept").fetchone()[0])


PEERS: dict[str, Callable[[Path, Path], int]] = {
    "duckdb": _duck,
    "polars": _polars,
    "pandas": _pandas,
    "postgres": _postgres,
}


def main() -> None:
    """Run one peer and print what it took."""
    name, path, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    rows = PEERS[name](path, folder)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - start, "megabytes": most}))


if __name__ == "__main__":
    main()
