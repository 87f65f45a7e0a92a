"""Sales lines of the insurance's purchase-sale-stock interface (transaction 3505), as CSV or NDJSON.

Pharmacies and drugs come under the insurance's own codes. Where a list lies beside the file, they become
those of the registers: `institutions.csv` (fixmedins_code, license_no) and `insurance_drugs.csv`
(med_list_codg, drug_code). What is in no list keeps its code, for the registers to know or not. A
person's name is never looked at.

Field names after the interface's specification (domain notes §3.6).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd

from yaotong.intake.core.companions import companion
from yaotong.intake.core.profile import Prepared, Profile

_TRACE, _COUNT = "drug_trac_codg", "sel_retn_cnt"
_DOCUMENTS = ("rtal_docno", "stoout_no")
_LINE = "fixmedins_bchno"
_INSTEAD_OF_LINE = ("med_list_codg", "manu_lotnum")
_Part = tuple[str | None, str | None]  # quantity and trace code
# Column of the file → the list beside it, and the list's column with the register's own code.
_LISTS = {
    "fixmedins_code": ("institutions.csv", "license_no"),
    "med_list_codg": ("insurance_drugs.csv", "drug_code"),
}
_SEVERAL = r"[|,;，；、\s]+"


def one_line_a_pack(frame: pd.DataFrame, path: Path) -> Prepared:
    """Name each line, tell what insurance paid, and make of a line with several trace codes several lines."""
    named = frame.assign(sale_id=_serials(frame), paid_by_insurance=_paid(frame))
    packs, split = _apart(_registered(named, path))
    loose = int((_text(frame, "trdn_flag") == "1").sum())
    notes = []
    if split:
        notes.append(f"{split:,} 行有几个追溯码，已按追溯码分开，数量合计不变。")
    if loose:
        notes.append(f"{loose:,} 行为拆零销售，数量按原文计。")
    return packs, tuple(notes)


def _registered(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Pharmacies and drugs under the registers' codes, where a list beside the file knows them."""
    columns = {}
    for name, (beside, own) in _LISTS.items():
        if path.with_name(beside).is_file():
            known = companion(path, beside, (name, own)).dropna(subset=[name, own])
            codes = known.drop_duplicates(name).set_index(name)[own].to_dict()
            columns[name] = frame[name].map(lambda one, codes=codes: codes.get(one, one), na_action="ignore")
    return frame.assign(**columns)


def _text(frame: pd.DataFrame, name: str) -> pd.Series:
    found = frame[name].fillna("").str.strip() if name in frame.columns else None
    return pd.Series("", frame.index, dtype="str") if found is None else found


def _serials(frame: pd.DataFrame) -> pd.Series:
    """Document, and the serial of the line within the institution where it is given."""
    documents = [_text(frame, name) for name in _DOCUMENTS]
    document = documents[0].where(documents[0] != "", documents[1])
    line, other = _text(frame, _LINE), pd.Series("", frame.index, dtype="str")
    for name in _INSTEAD_OF_LINE:
        part = _text(frame, name)
        other = other + ("-" + part).where(part != "", "")
    serials = document + ("-" + line).where(line != "", other)
    answer: pd.Series = serials.where(document != "", None).astype("str")
    return answer


def _paid(frame: pd.DataFrame) -> pd.Series:
    """A settlement number says that insurance paid; its absence says nothing."""
    settled = _text(frame, "setl_id") != ""
    answer: pd.Series = pd.Series("true", frame.index).where(settled, None).astype("str")
    return answer


def _apart(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """One line per trace code, the index kept; and how many lines were split."""
    traced = _text(frame, _TRACE)
    several = traced.str.contains(_SEVERAL, regex=True)
    if not several.any():
        return frame, 0
    counts = frame[_COUNT].astype(object).where(frame[_COUNT].notna(), None)
    shares = [
        _shares(count, re.split(_SEVERAL, codes)) if split else [(count, codes or None)]
        for count, codes, split in zip(counts, traced, several, strict=True)
    ]
    return _spread(frame, shares), int(several.sum())


def _spread(frame: pd.DataFrame, shares: list[list[_Part]]) -> pd.DataFrame:
    rows = frame.iloc[np.repeat(np.arange(len(frame)), [len(parts) for parts in shares])]
    pairs = [pair for parts in shares for pair in parts]
    places = [place for parts in shares for place in range(1, len(parts) + 1)]
    serials = [
        f"{one}-{place}" if place > 1 and isinstance(one, str) else one
        for one, place in zip(rows["sale_id"], places, strict=True)
    ]
    columns = {"sale_id": serials, _COUNT: [count for count, _ in pairs], _TRACE: [code for _, code in pairs]}
    return rows.assign(**{name: pd.Series(cells, rows.index, dtype="str") for name, cells in columns.items()})


def _shares(count: str | None, codes: list[str]) -> list[_Part]:
    """(quantity, trace code) of each part; the quantities add up to `count`.

    Whole packs have one code each, and those without one stay together in a line. Fewer packs than codes are
    shared out equally. A count that is no number stays on every part, to be refused as one.
    """
    found = [one for one in codes if one]
    try:
        packs = float(count or "nan")
    except ValueError:
        packs = math.nan
    if not found:
        return [(count, None)]
    if not math.isfinite(packs):
        return [(count, code) for code in found]
    rest = abs(packs) - len(found)
    if rest < 0 or not packs.is_integer():
        return [(repr(packs / len(found)), code) for code in found]
    sign = "-" if packs < 0 else ""
    bare: list[_Part] = [(f"{sign}{rest:.0f}", None)] if rest else []
    return [(f"{sign}1", code) for code in found] + bare


PROFILE = Profile(
    id="nhsa_3505",
    feed="sales",
    title_zh="医保进销存接口：商品销售（3505）",
    cadence="daily",
    licence="supervision data, shared by the medical insurance administration; not for publication",
    credit="医疗保障部门",
    signature=("fixmedins_code", "med_list_codg", "sel_retn_time", _COUNT),
    columns={
        "sale_id": "sale_id",
        "fixmedins_code": "pharmacy_id",
        "sel_retn_time": "sold_at",
        "med_list_codg": "drug_code",
        _TRACE: "trace_code",
        "manu_lotnum": "batch_no",
        _COUNT: "quantity",
        "finl_trns_pric": "unit_price",
        "certno": "buyer_id_no",
        "rxno": "prescription_no",
        "prsc_dr_certno": "prescriber_id",
        "phar_prac_cert_no": "pharmacist_id",
        "paid_by_insurance": "paid_by_insurance",
        "setl_id": "settlement_id",
    },
    synonyms={_TRACE: ("drugtracinfo.drug_trac_codg", "drugtracinfo"), "certno": ("psn_certno",)},
    taken=(*_DOCUMENTS, _LINE, "trdn_flag"),
    ignored=(
        *("fixmedins_name", "fixmedins_hilist_id", "fixmedins_hilist_name", "bchno", "drug_prod_barc"),
        *("prsc_dr_cert_type", "prsc_dr_name", "phar_cert_type", "phar_certno", "phar_name"),
        *("hi_feesetl_type", "mdtrt_sn", "mdtrt_setl_type", "psn_no", "psn_cert_type", "psn_name"),
        *("manu_date", "expy_end", "rx_flag", "rx_circ_flag", "shelf_posi", "memo"),
        *("sel_retn_opter_name", "sel_retn_opter_id", "crte_time", "updt_time"),
    ),
    prepare=one_line_a_pack,
)
