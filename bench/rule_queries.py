"""R-M01, R-N01 and R-P01 as PostgreSQL says them."""

TABLES = """
create unlogged table sales (
    line_id text, pharmacy_id text, sold_at timestamp, drug_code text, quantity float8, buyer_key text,
    prescription_no text, trace_code text
);
create unlogged table drugs (
    drug_code text, drug_name text, categories text, pack text, active_mg_per_pack float8, prescription text,
    limit_per_sale float8, product_code text, valid_from date, valid_to date
);
"""
_EPH = """
with eph as materialized (
    select sales.*, limit_per_sale, coalesce(active_mg_per_pack, 0) as mg
    from sales join drugs on drugs.drug_code = sales.drug_code
        and sold_at::date between valid_from and valid_to and categories like '%|EPH|%'
    where prescription_no is null
)
"""
_M01 = f"""{_EPH}, pairs as (
    select a.line_id, a.pharmacy_id, a.sold_at, a.limit_per_sale, b.quantity
    from eph a join eph b on a.pharmacy_id = b.pharmacy_id and a.buyer_key = b.buyer_key
    where a.quantity > 0 and (
        b.sold_at between a.sold_at - interval '30 minutes' and a.sold_at
        or b.quantity < 0 and b.sold_at > a.sold_at and b.sold_at <= a.sold_at + interval '30 minutes'
    )
    union all
    select line_id, pharmacy_id, sold_at, limit_per_sale, quantity from eph
    where buyer_key is null and quantity > 0
)
select distinct pharmacy_id, sold_at::date from (
    select line_id, pharmacy_id, sold_at, sum(quantity) as packs, least(max(limit_per_sale), 2) as most
    from pairs group by line_id, pharmacy_id, sold_at
) visits where round(packs::numeric, 6) > most
"""
_N01 = """
with twice as (
    select * from sales where trace_code in (
        select trace_code from sales where trace_code is not null group by trace_code having count(*) > 1
    )
), told as (
    select *, case when quantity > 0 and lag(quantity) over one = quantity
        and lag(pharmacy_id) over one = pharmacy_id
        and coalesce(lag(buyer_key) over one, '') = coalesce(buyer_key, '')
        and sold_at - lag(sold_at) over one <= interval '5 minutes' then 0 else quantity end as counted
    from twice window one as (partition by trace_code order by sold_at, line_id)
), summed as (
    select *, sum(counted) over one as out, sum((counted > 0)::int) over one as times
    from told window one as (partition by trace_code order by sold_at, line_id)
)
select distinct trace_code, sold_at::date from summed where counted > 0 and out > 1 + 1e-9 and times >= 2
"""
_P01 = f"""{_EPH}, pairs as (
    select a.line_id, a.buyer_key, a.sold_at as at, b.pharmacy_id, b.quantity, b.mg,
        a.sold_at - b.sold_at as age
    from eph a join eph b on a.buyer_key = b.buyer_key
        and b.sold_at <= a.sold_at and b.sold_at > a.sold_at - interval '30 days'
    where a.quantity > 0
), shops as (
    select line_id, buyer_key, at, pharmacy_id,
        round(sum(quantity) filter (where age < interval '1 day')::numeric, 6) as packs_1,
        round(sum(quantity) filter (where age < interval '7 days')::numeric, 6) as packs_7,
        round(sum(quantity)::numeric, 6) as packs_30, round(sum(quantity * mg)::numeric, 6) as mg_30
    from pairs group by line_id, buyer_key, at, pharmacy_id
), totals as (
    select buyer_key, at, sum(packs_1) as packs_1, count(*) filter (where packs_1 > 0) as shops_1,
        sum(packs_7) as packs_7, sum(packs_30) as packs_30, sum(mg_30) as mg_30
    from shops group by line_id, buyer_key, at
)
select distinct buyer_key, at::date from totals
where packs_1 >= 4 or shops_1 >= 3 or packs_7 >= 6 or packs_30 >= 10 or mg_30 >= 7200
"""
QUERIES = {"R-M01": _M01, "R-N01": _N01, "R-P01": _P01}
