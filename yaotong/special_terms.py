"""Words of the ledger, of trace codes, of buyers and of the till: Chinese and English, for `terms`."""

from __future__ import annotations

from typing import Final

PAIRS: Final[dict[str, tuple[str, str]]] = {
    # what moves packs
    "entry.bought": ("购进", "bought"),
    "entry.sent_back": ("退给供货方", "sent back"),
    "entry.moved_in": ("调入", "transferred in"),
    "entry.moved_out": ("调出", "transferred out"),
    "entry.sold": ("售出", "sold"),
    "entry.returned": ("顾客退回", "returned"),
    "entry.lost": ("报损", "written off"),
    # what a gap means
    "balance.unknown": ("算不出", "cannot be told"),
    "balance.negative": ("负库存", "negative stock"),
    "balance.missing": ("少了", "missing"),
    "balance.surplus": ("多了", "too many"),
    "balance.late_invoice": ("发票晚到", "late invoice"),
    "balance.balanced": ("相符", "balanced"),
    "balance.not_counted": ("当月未盘点", "not counted that month"),
    # why it cannot be told
    "why_unknown.no_opening_count": ("没有期初盘点", "no opening count"),
    "why_unknown.lot_unknown": ("期间有行未写批号", "lines without a lot"),
    "why_unknown.no_sales_sent": ("期间没有上报销售", "no sales were sent"),
    "why_unknown.no_purchases_sent": ("没有上报购进", "no purchases were sent"),
    # where packs go
    "way.sold_known": ("售给登记的人", "sold to registered buyers"),
    "way.sold_unknown": ("售出未登记", "sold, nobody registered"),
    "way.lost": ("报损报失", "written off or lost"),
    "way.sent_back": ("退给供货方", "sent back to suppliers"),
    "way.moved_in": ("由其他药店调入", "from other pharmacies"),
    "way.moved_out": ("调往其他药店", "to other pharmacies"),
    "way.shelf": ("在架或去向不明", "on the shelf or unaccounted for"),
    "way.no_source": ("来源不明", "no source known"),
    "way.other_shops": ("其余药店", "other pharmacies"),
    "way.supplier_unknown": ("供货方未写明", "supplier not named"),
}
