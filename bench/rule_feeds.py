"""The lines of some shops and days as every feed tells them: one draw, so that feeds agree.

A shop lives as the demo city's do (`yaotong demo`: 280 shops, 980,728 lines a year, 138 findings of nine
rules, up to 40 lines each): it sells while it is open, to people who return packs they bought there, the
fund pays only where it has an agreement, and the month's receipts balance with two counts of the shelf. It
sells as much as a province's do, 164 lines a day instead of ten, but of registered drugs only four times as
many. What a rule looks for is planted at every fiftieth shop, on few days: see rule_oddities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench import rule_oddities as odd
from bench.rule_lines import Lines
from yaotong.store.staging import stored_schema

_SHELF = 40  # packs of every drug on the first day of a month
_EVENING = 22 * 3600 + 1800


def sales_table(lines: Lines) -> pa.Table:
    """The `sales` lines."""
    rows, named, prescribed = len(lines.shop), lines.known, lines.paper >= 0
    channels = ["store", "online", "delivery"]
    return _table(
        "sales", rows, lines.rng,
        pharmacy_id=_coded(lines.shop, lines.city.shops),
        sale_id=_text("S", lines.number, 10),
        sold_at=pa.array(lines.at),
        drug_code=_coded(lines.drug, lines.city.catalogue.drug_codes),
        trace_code=_only(_traces(lines), lines.pack >= 0),
        batch_no=_only(_lots(lines.drug, lines.lot), lines.lot >= 0),
        quantity=pa.array(lines.quantity),
        unit_price_fen=pa.array(lines.price_fen),
        buyer_key=_only(people(lines.person), named),
        buyer_region=_only(_regions(lines.person), named),
        buyer_age_years=_only(_ages(lines.person), named),
        prescription_no=_only(_text("CF", lines.paper, 10), prescribed),
        prescriber_key=_only(_doctors(lines.doctor), prescribed),
        pharmacist_id=_coded(lines.shop, _pharmacists(lines)),
        channel=_coded(lines.channel, channels),
        paid_by_insurance=pa.array(lines.paid),
        settlement_id=_only(_text("JS", lines.number, 10), lines.paid),
        seal_id=_only(_text("FQ", lines.seal, 10), lines.seal >= 0),
        recorded_at=pa.array(lines.at + lines.lag.astype("timedelta64[s]")),
    )  # fmt: skip


def _settlements(lines: Lines) -> pa.Table:
    paid = np.flatnonzero(lines.paid & ~odd.unsettled(lines))
    amount = lines.price_fen[paid] * lines.quantity[paid]
    return _table(
        "settlements", len(paid), lines.rng,
        settlement_id=_text("JS", lines.number[paid], 10),
        settled_at=pa.array(lines.at[paid] + np.timedelta64(20, "s")),
        pharmacy_id=_coded(lines.shop[paid], lines.city.shops),
        person_key=people(lines.person[paid]),
        drug_code=_coded(lines.drug[paid], lines.city.catalogue.drug_codes),
        quantity=pa.array(lines.quantity[paid]),
        amount_fen=pa.array(amount.astype(np.int64)),
        trace_code=_only(_traces(lines, paid), lines.pack[paid] >= 0),
    )  # fmt: skip


def _prescriptions(lines: Lines) -> pa.Table:
    held = lines.held
    chronic = lines.city.catalogue.of_groups("chronic")[lines.drug[held]]
    return _table(
        "prescriptions", len(held), lines.rng,
        prescription_no=_text("CF", lines.number[held], 10),
        issued_at=pa.array(lines.at[held] - odd.ages_of_papers(lines, held).astype("timedelta64[s]")),
        prescriber_key=_doctors(lines.doctor[held]),
        drug_code=_coded(lines.drug[held], lines.city.catalogue.drug_codes),
        quantity=pa.array(np.maximum(lines.quantity[held], 1.0)),
        days=pa.array(np.where(chronic, 28, 7)),
        patient_key=people(lines.person[held]),
        patient_region=_regions(lines.person[held]),
        patient_age_years=_ages(lines.person[held]),
    )  # fmt: skip


def _purchases(lines: Lines) -> pa.Table:
    """What a shop sells of a drug in a month comes as one lot on its first morning: the books balance."""
    drugs = len(lines.city.catalogue.drug_codes)
    sold = np.bincount(lines.shop * drugs + lines.drug, lines.quantity, len(lines.city.shops) * drugs)
    packs = np.zeros((len(lines.city.shops), drugs))
    packs[lines.shops] = sold.reshape(packs.shape)[lines.shops]
    if lines.counted:
        packs[lines.shops] += (_shelf(lines, after=True) - _shelf(lines))[lines.shops]
        packs += odd.bought_beyond(lines, packs.shape)
    some = np.flatnonzero(packs.ravel() > 0)
    drug = some % drugs
    morning = np.datetime64(lines.first, "s") + np.timedelta64(8 * 3600, "s")
    return _table(
        "purchases", len(some), lines.rng,
        pharmacy_id=_coded(some // drugs, lines.city.shops),
        purchase_id=_text("G", lines.number[0] * drugs + some, 15),
        received_at=pa.array(np.full(len(some), morning)),
        supplier_uscc=_constant("91330400MA00000001", len(some)),
        drug_code=_coded(drug, lines.city.catalogue.drug_codes),
        batch_no=_lots(drug, np.full(len(some), lines.month)),
        quantity=pa.array(packs.ravel()[some]),
        expiry=pa.array(odd.expiries(lines, some // drugs, drug)),
    )  # fmt: skip


def _stock_counts(lines: Lines) -> pa.Table:
    """Every drug of every shop on the first day, before anything comes."""
    packs = _shelf(lines)[lines.shops if lines.counted else lines.shops[:0]]
    drugs = packs.shape[1]
    shop = np.repeat(lines.shops[: len(packs)], drugs)
    early = np.datetime64(lines.first, "s") + np.timedelta64(7 * 3600, "s")
    return _table(
        "stock_counts", len(shop), lines.rng,
        pharmacy_id=_coded(shop, lines.city.shops),
        drug_code=_coded(np.tile(np.arange(drugs), len(packs)), lines.city.catalogue.drug_codes),
        counted_at=pa.array(np.full(len(shop), early)),
        quantity=pa.array(packs.ravel()),
    )  # fmt: skip


def _shelf(lines: Lines, *, after: bool = False) -> Any:
    """Packs at the beginning of the lines' month, or of the next: [shops, drugs]."""
    packs = np.full((len(lines.city.shops), len(lines.city.catalogue.drug_codes)), float(_SHELF))
    packs[odd.out_of_stock(lines, after=after)] = 0.0
    return packs


def _duty(lines: Lines) -> pa.Table:
    """Every shop's pharmacist on every day, while the shop is open."""
    shop, day = np.repeat(lines.shops, lines.days), np.tile(np.arange(lines.days), len(lines.shops))
    night = lines.city.all_night[shop]
    began = np.where(night, 0, 6 * 3600 + 1800) + odd.late_for_duty(lines, shop, day)
    until = np.where(night, 86_400, _EVENING)
    midnight = np.datetime64(lines.first, "s") + (day * 86_400).astype("timedelta64[s]")
    return _table(
        "duty", len(shop), lines.rng,
        pharmacy_id=_coded(shop, lines.city.shops),
        pharmacist_id=_coded(shop, _pharmacists(lines)),
        duty_from=pa.array(midnight + began.astype("timedelta64[s]")),
        duty_until=pa.array(midnight + until.astype("timedelta64[s]")),
    )  # fmt: skip


FEEDS_BESIDE: Mapping[str, Callable[[Lines], pa.Table]] = {
    "settlements": _settlements,
    "prescriptions": _prescriptions,
    "purchases": _purchases,
    "stock_counts": _stock_counts,
    "duty": _duty,
}


def people(numbers: Any) -> Any:
    """Pseudonyms of persons by their numbers."""
    return _text("k1:", numbers, 32)


def _regions(persons: Any) -> Any:
    return _coded(odd.from_afar(persons).astype(int), ["3304", "5101"])


def _ages(persons: Any) -> Any:
    return pa.array(np.where(odd.minors(persons), 15, 20 + persons % 60).astype(np.int32))


def _pharmacists(lines: Lines) -> list[str]:
    return [f"YJ{one:010d}" for one in range(len(lines.city.shops))]


def _doctors(numbers: Any) -> Any:
    return _text("k1:", 10**15 + numbers, 32)


def _lots(drug: Any, month: Any) -> Any:
    """Lot numbers of drugs by the month they came in, as yymm."""
    return _text("B", drug * 10_000 + np.maximum(month, 0), 8)


def _traces(lines: Lines, some: Any = slice(None)) -> Any:
    """Trace codes: seven digits of the product, 13 of the pack."""
    product = pa.array(lines.city.catalogue.product_codes).take(pa.array(lines.drug[some]))
    return pc.binary_join_element_wise(product, _digits(np.maximum(lines.pack[some], 0), 13), "")


def _text(prefix: str, numbers: Any, width: int) -> Any:
    return pc.binary_join_element_wise(pa.scalar(prefix), _digits(numbers, width), "")


def _digits(numbers: Any, width: int) -> Any:
    return pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")


def _coded(places: Any, names: Any) -> Any:
    return pa.DictionaryArray.from_arrays(
        pa.array(places.astype(np.int32)), pa.array(list(names), pa.string())
    )


def _constant(text: str, rows: int) -> Any:
    return _coded(np.zeros(rows, dtype=int), [text])


def _only(values: Any, wanted: Any) -> Any:
    return pc.if_else(pa.array(wanted), values, pa.scalar(None, values.type))


def _table(feed: str, rows: int, rng: Any, **columns: Any) -> pa.Table:
    """All columns that staging wants before it knows the arrival; a key and a digest nobody shares."""
    marks = {name: _digests(rows, rng) for name in ("line_key", "line_sha")}
    told = {**columns, **marks}
    arrays = {
        one.name: told[one.name] if one.name in told else pa.nulls(rows, one.type)
        for one in stored_schema(feed)
        if one.name != "arrived_at"
    }
    return pa.table({name: _plain_moments(array) for name, array in arrays.items()})


def _plain_moments(array: Any) -> Any:
    return array.cast(pa.timestamp("s")) if pa.types.is_timestamp(array.type) else array


def _digests(rows: int, rng: Any) -> Any:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), rows, [None, pa.py_buffer(rng.bytes(16 * rows))]
    )
