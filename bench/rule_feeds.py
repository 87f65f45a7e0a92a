"""The lines of some shops and days as every feed tells them: one draw, so that feeds agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.store.staging import stored_schema

PEOPLE_A_SHOP, _REGISTERED_BUYERS = 2_000, 400
_OPEN_S, _SHUT_S = 9 * 3600, 20 * 3600
# Shares: lines that are returns, codes sold anew, buyers registered, paid by insurance, papers that are held.
_RETURN, _AGAIN, _NAMED, _PAID, _HELD = 0.002, 0.00005, 0.999, 0.29, 0.25
# Of registered lines: those of a few buyers who gather, one for ten shops; and those of three packs.
_GATHERED, _OVER = 0.005, 0.001


@dataclass(frozen=True, slots=True)
class Lines:
    """Sales lines of some shops, by shop and time; every array is as long as there are lines."""

    city: Any
    rng: Any
    first: date
    days: int
    shops: Any  # places of the shops that these are of
    shop: Any
    at: Any  # datetime64[s]
    drug: Any
    number: Any  # running, over all loads
    quantity: Any
    person: Any
    paid: Any
    prescribed: Any

    @classmethod
    def drawn(cls, city: Any, rng: Any, shops: Any, first: date, days: int, start: int) -> Lines:
        counts = rng.poisson(city.lines_per_day, len(shops) * days)
        place = np.repeat(np.arange(len(shops) * days), counts)
        moment = np.sort(place * 86_400 + rng.integers(_OPEN_S, _SHUT_S, len(place)))
        place, second = moment // 86_400, moment % 86_400
        day, shop = place % days, shops[place // days]
        drug = np.empty(len(place), dtype=np.int32)
        for one in shops:
            mine = shop == one if len(shops) == 1 else slice(*np.searchsorted(shop, [one, one + 1]))
            count = len(drug[mine])
            drug[mine] = np.searchsorted(city.sells[one], rng.random(count))
        rx = city.catalogue.bears("RX")[drug]
        named = city.catalogue.bears("EPH", "OPI_CMP", "PSY2", "TOXIC")[drug]
        own = rng.integers(0, np.where(named, _REGISTERED_BUYERS, PEOPLE_A_SHOP))
        home = np.where(rng.random(len(shop)) < 0.03, rng.integers(0, len(city.shops), len(shop)), shop)
        gathered = named & (rng.random(len(shop)) < _GATHERED)
        own, home = np.where(gathered, 0, own), np.where(gathered, home // 10 * 10, home)
        packs = rng.choice([1.0, 2.0, 3.0], len(shop), p=[0.8, 0.19, 0.01])
        few = np.where(rng.random(len(shop)) < _OVER, 3.0, 1.0)
        return cls(
            city, rng, first, days, shops, shop,
            np.datetime64(first, "s") + (day * 86_400 + second).astype("timedelta64[s]"),
            drug, start + np.arange(len(shop)),
            np.where(rng.random(len(shop)) < _RETURN, -1.0, np.where(named, few, packs)),
            home * PEOPLE_A_SHOP + own, rng.random(len(shop)) < _PAID, rx,
        )  # fmt: skip

    @property
    def named(self) -> Any:
        """Lines whose buyer the shop has to register."""
        return self.city.catalogue.bears("EPH", "OPI_CMP", "PSY2", "TOXIC")[self.drug]

    @property
    def held(self) -> Any:
        """Places of the lines whose prescription the prescription feed holds."""
        return np.flatnonzero(self.prescribed & (self.number % round(1 / _HELD) == 0))


def sales_table(lines: Lines) -> pa.Table:
    """The `sales` lines."""
    rows, rng = len(lines.shop), lines.rng
    code = np.where(rng.random(rows) < _AGAIN, rng.integers(0, lines.number[-1] + 1, rows), lines.number)
    known = lines.named & (rng.random(rows) < _NAMED)
    return _table(
        "sales", rows, rng,
        pharmacy_id=_coded(lines.shop, lines.city.shops),
        sale_id=_text("S", lines.number, 10),
        sold_at=pa.array(lines.at),
        drug_code=_coded(lines.drug, lines.city.catalogue.drug_codes),
        trace_code=_text("81", code, 18),
        batch_no=_batches(lines, lines.drug),
        quantity=pa.array(lines.quantity),
        unit_price_fen=pa.array(lines.city.catalogue.prices_fen[lines.drug]),
        buyer_key=_only(people(lines.person), known),
        buyer_region=_only(_constant("3304", rows), known),
        buyer_age_years=_only(pa.array((20 + lines.person % 60).astype(np.int32)), known),
        prescription_no=_only(_text("CF", lines.number, 10), lines.prescribed),
        prescriber_key=_only(_doctors(lines.number), lines.prescribed),
        pharmacist_id=_coded(lines.shop, [f"YJ{one:010d}" for one in range(len(lines.city.shops))]),
        channel=_coded((lines.number % 10 == 0).astype(int), ["store", "online"]),
        paid_by_insurance=pa.array(lines.paid),
        settlement_id=_only(_text("JS", lines.number, 10), lines.paid),
        recorded_at=pa.array(lines.at + np.timedelta64(30, "s")),
    )  # fmt: skip


def _settlements(lines: Lines) -> pa.Table:
    paid = np.flatnonzero(lines.paid)
    amount = lines.city.catalogue.prices_fen[lines.drug[paid]] * lines.quantity[paid]
    return _table(
        "settlements", len(paid), lines.rng,
        settlement_id=_text("JS", lines.number[paid], 10),
        settled_at=pa.array(lines.at[paid] + np.timedelta64(20, "s")),
        pharmacy_id=_coded(lines.shop[paid], lines.city.shops),
        person_key=people(lines.person[paid]),
        drug_code=_coded(lines.drug[paid], lines.city.catalogue.drug_codes),
        quantity=pa.array(lines.quantity[paid]),
        amount_fen=pa.array(amount.astype(np.int64)),
        trace_code=_text("81", lines.number[paid], 18),
    )  # fmt: skip


def _prescriptions(lines: Lines) -> pa.Table:
    held = lines.held
    before = lines.rng.integers(0, 2 * 3600, len(held)).astype("timedelta64[s]")
    return _table(
        "prescriptions", len(held), lines.rng,
        prescription_no=_text("CF", lines.number[held], 10),
        issued_at=pa.array(lines.at[held] - before),
        prescriber_key=_doctors(lines.number[held]),
        drug_code=_coded(lines.drug[held], lines.city.catalogue.drug_codes),
        quantity=pa.array(np.maximum(lines.quantity[held], 1.0)),
        days=pa.array(np.full(len(held), 7)),
        patient_key=people(lines.person[held]),
        patient_region=_constant("3304", len(held)),
        patient_age_years=pa.array((20 + lines.person[held] % 60).astype(np.int32)),
    )  # fmt: skip


def _purchases(lines: Lines) -> pa.Table:
    """What a shop sells of a drug in a month comes as one lot on its first morning: the books balance."""
    drugs = len(lines.city.catalogue.drug_codes)
    packs = np.bincount(lines.shop * drugs + lines.drug, lines.quantity, len(lines.city.shops) * drugs)
    some = np.flatnonzero(packs > 0)[: 0 if lines.days == 1 else None]
    morning = np.datetime64(lines.first, "s") + np.timedelta64(8 * 3600, "s")
    return _table(
        "purchases", len(some), lines.rng,
        pharmacy_id=_coded(some // drugs, lines.city.shops),
        purchase_id=_text("G", lines.number[0] * drugs + some, 15),
        received_at=pa.array(np.full(len(some), morning)),
        supplier_uscc=_constant("91330400MA00000001", len(some)),
        drug_code=_coded(some % drugs, lines.city.catalogue.drug_codes),
        batch_no=_batches(lines, some % drugs),
        quantity=pa.array(packs[some]),
        expiry=pa.array(np.full(len(some), np.datetime64("2028-01-31", "D"))),
    )  # fmt: skip


def _stock_counts(lines: Lines) -> pa.Table:
    """Every drug of every shop on the first day, before anything comes."""
    drugs = len(lines.city.catalogue.drug_codes)
    shop, drug = np.repeat(lines.shops, drugs), np.tile(np.arange(drugs), len(lines.shops))
    if lines.days == 1:
        shop, drug = shop[:0], drug[:0]
    early = np.datetime64(lines.first, "s") + np.timedelta64(7 * 3600, "s")
    return _table(
        "stock_counts", len(shop), lines.rng,
        pharmacy_id=_coded(shop, lines.city.shops),
        drug_code=_coded(drug, lines.city.catalogue.drug_codes),
        counted_at=pa.array(np.full(len(shop), early)),
        quantity=pa.array(np.full(len(shop), 40.0)),
    )  # fmt: skip


def _duty(lines: Lines) -> pa.Table:
    """Every shop's pharmacist on every day, from opening to closing."""
    shop, day = np.repeat(lines.shops, lines.days), np.tile(np.arange(lines.days), len(lines.shops))
    morning = np.datetime64(lines.first, "s") + (day * 86_400 + 8 * 3600).astype("timedelta64[s]")
    return _table(
        "duty", len(shop), lines.rng,
        pharmacy_id=_coded(shop, lines.city.shops),
        pharmacist_id=_coded(shop, [f"YJ{one:010d}" for one in range(len(lines.city.shops))]),
        duty_from=pa.array(morning),
        duty_until=pa.array(morning + np.timedelta64(13 * 3600, "s")),
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


def _doctors(numbers: Any) -> Any:
    return _text("k1:", 10**15 + numbers % 3_000, 32)


def _batches(lines: Lines, drug: Any) -> Any:
    return _text("B", drug * 10_000 + lines.first.year % 100 * 100 + lines.first.month, 8)


def _text(prefix: str, numbers: Any, width: int) -> Any:
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


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
