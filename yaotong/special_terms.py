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
    # what is released to whom
    "release.in_force": ("有效", "in force"),
    "release.expired": ("已过期", "expired"),
    "release.withdrawn": ("已收回", "withdrawn"),
    "released.pharmacy": ("药店", "pharmacy"),
    "released.sold_at": ("售出时间", "time of sale"),
    "released.drug": ("药品", "medicine"),
    "released.quantity": ("数量", "packs"),
    "released.unit_price": ("单价", "unit price"),
    "released.supplier": ("供货单位", "supplier"),
    "released.batch_no": ("批号", "lot"),
    "released.trace_code": ("追溯码", "trace code"),
    "released.buyer": ("购药人（化名）", "buyer, by pseudonym"),
    "released.prescription_no": ("处方号", "prescription"),
    "released.settlement_id": ("结算号", "settlement"),
    "released.channel": ("渠道", "channel"),
    "released.recorded_at": ("录入时间", "time of entry"),
    "released.pseudonym_join": ("与另一部门的化名对照", "the other department's pseudonym"),
    # where packs go
    "way.sold_known": ("售给登记的人", "sold to registered buyers"),
    "way.sold_unknown": ("售出未登记", "sold, nobody registered"),
    "way.lost": ("报损报失", "written off or lost"),
    "way.sent_back": ("退给供货方", "sent back to suppliers"),
    "way.moved_in": ("由其他药店调入", "from other pharmacies"),
    "way.moved_out": ("调往其他药店", "to other pharmacies"),
    "way.shelf": ("在架或去向不明", "on the shelf or unaccounted for"),
    "way.no_source": ("没有购进记录", "no purchase on record"),
    "way.other_shops": ("其余药店", "other pharmacies"),
    # what a scan of a code is
    "code.first": ("首次售出", "first sale"),
    "code.return": ("退货", "return"),
    "code.rescan": ("重扫（同一笔）", "the same sale scanned again"),
    "code.split": ("拆零", "part of a split pack"),
    "code.bigger": ("中包装或大包装的码", "code of a bigger pack"),
    "code.again": ("退回后再售", "sold again after a return"),
    "code.duplicate": ("重复售出", "sold again"),
    "code.bought": ("购进", "bought"),
    "code.gone": ("已更正", "corrected since"),
    # what is odd about it
    "code.wrong_product": ("标识码不是这种药的", "code of another product"),
    "code.never_bought": ("没有药店购进过", "no pharmacy ever bought it"),
    "code.purchase_unknown": ("不知道购进过没有", "not known whether it was bought"),
    "code.other_shop": ("别的药店购进的", "bought by another pharmacy"),
    "code.other_region": ("外地药店购进的", "bought in another region"),
    # what is odd about a buyer, and what ties two
    "odd.splitting": ("一天内多店累购", "gathered at several shops in a day"),
    "odd.travel": ("两店之间来不及", "two shops too far apart in the time"),
    "odd.minor": ("未成年人", "a minor"),
    "odd.many_shops": ("三家以上药店", "three shops or more"),
    "tie.pace": ("一再前后脚购买", "bought beside one another again and again"),
    "tie.payer": ("由同一人医保支付", "paid by the other's insurance"),
    "tie.prescription": ("同一张处方", "the same prescription"),
    "way.supplier_unknown": ("供货方未写明", "supplier not named"),
}
