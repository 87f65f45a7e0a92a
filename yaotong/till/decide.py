"""May these packs be sold to this buyer now: what the law forbids, and what a pharmacist should look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from yaotong.till.settings import CATEGORIES, Allowing

ALLOW, LIMIT, SHOW = "allow", "limit_reached", "show_to_pharmacist"
_EPH_LAW: Final = "食药监办药化监〔2012〕260号：一次销售不得超过 2 个最小包装"
_REPORT_LAW: Final = "食药监办药化监〔2012〕260号：大量或多次购买应当报告"
_NAMED_LAW: Final = "食药监办药化监〔2012〕260号：查验并登记购买人身份证件"
_PSY_LAW: Final = "麻醉药品和精神药品管理条例第三十二条：凭处方、禁止超剂量、不得向未成年人销售"
_RX_LAW: Final = "药品经营和使用质量监督管理办法：处方药凭处方销售"
_CODE_LAW: Final = "医保发〔2025〕7号：一物一码，一码只售一次"
_EPH_PACKS = 2.0
# R-P01: hours, packs from which somebody should look.
_GATHERED: Final = ((24, 4.0), (7 * 24, 6.0), (30 * 24, 10.0))
_MG_30_DAYS = 7200.0
DAYS_KNOWN = 30


@dataclass(frozen=True, slots=True)
class Question:
    """What is about to be sold; `buyer` is a pseudonym, or "" for nobody registered."""

    buyer: str
    drug_code: str
    packs: float
    prescription: bool = False
    minor: bool | None = None
    trace_code: str = ""


@dataclass(frozen=True, slots=True)
class Drug:
    """What the catalogue says today: categories "|EPH|RX|", the limit of one sale, mg in a pack."""

    name: str
    categories: str
    limit_packs: float | None
    mg: float | None


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of the buyer's last thirty days; a return has negative packs."""

    at: datetime
    category: str
    packs: float
    mg: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict, its reason as a word of `allowance.*`, the law, and packs left to the next limit."""

    verdict: str
    reason: str
    law: str = ""
    packs_left: float | None = None


def decide(asked: Question, drug: Drug, past: tuple[Bought, ...], *, code_out: bool, now: datetime) -> Answer:
    """The answer from what is known; the gravest reason is told."""
    special = category_of(drug)
    if code_out:
        return Answer(SHOW, "code_sold_before", _CODE_LAW)
    if not special:
        return Answer(ALLOW, "not_special")
    if special == "PSY2" and asked.minor:
        return Answer(LIMIT, "minor", _PSY_LAW)
    if special in ("PSY2", "OPI_CMP") and not asked.prescription:
        return Answer(LIMIT, "no_prescription", _PSY_LAW if special == "PSY2" else _RX_LAW)
    if not asked.buyer:
        return Answer(SHOW, "nobody_registered", _NAMED_LAW)
    if special == "EPH" and not asked.prescription:
        return _ephedrine(asked, drug, past, now)
    return Answer(SHOW, "prescription_to_check", _PSY_LAW) if special == "PSY2" else Answer(ALLOW, "within")


def category_of(drug: Drug) -> str:
    """The special category of a drug, "" for none."""
    return next((one for one in CATEGORIES if f"|{one}|" in drug.categories), "")


def unknown(drug: Drug, settings: Allowing) -> Answer:
    """The answer when nothing can be known: by what was set for the drug's category."""
    special = category_of(drug)
    if not special or settings.fails_open(special):
        return Answer(ALLOW, "not_known_open")
    return Answer(SHOW, "not_known_closed", _REPORT_LAW)


def _ephedrine(asked: Question, drug: Drug, past: tuple[Bought, ...], now: datetime) -> Answer:
    limit = min(drug.limit_packs or _EPH_PACKS, _EPH_PACKS)
    if asked.packs > limit + 1e-9:
        return Answer(LIMIT, "one_sale", _EPH_LAW, limit)
    mine = [one for one in past if one.category == "EPH" and one.at <= now]
    left = limit
    for hours, packs in _GATHERED:
        had = sum(one.packs for one in mine if one.at > now - timedelta(hours=hours))
        left = min(left, max(packs - had, 0.0))
        if had + asked.packs >= packs - 1e-9:
            return Answer(SHOW, "gathered", _REPORT_LAW, round(max(packs - had, 0.0), 6))
    mg = sum(one.mg for one in mine if one.at > now - timedelta(days=DAYS_KNOWN))
    if mg + asked.packs * (drug.mg or 0.0) >= _MG_30_DAYS:
        return Answer(SHOW, "gathered_mg", _REPORT_LAW)
    return Answer(ALLOW, "within", _EPH_LAW, round(left, 6))
