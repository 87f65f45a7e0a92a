"""The words of the exchange and the vault for the glossary: name → Chinese, English."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "audit.exchange_agree": ("收下跨区域协议", "agreement kept"),
    "audit.exchange_end": ("终止跨区域协议", "agreement ended"),
    "audit.exchange_run": ("发起跨区域比对", "matching asked"),
    "audit.exchange_answer": ("应答跨区域比对", "matching answered"),
    "audit.exchange_settle": ("跨区域比对的结果", "matching settled"),
    "audit.exchange_denied": ("拒绝外地区的报文", "message of a region denied"),
    "audit.exchange_case": ("跨区域移交", "hand-over between regions"),
    "audit.purpose_release": ("登记用途台账", "release entered"),
    "audit.purpose_use": ("按台账提供", "release used"),
    "audit.purpose_withdraw": ("收回提供", "release withdrawn"),
    "audit.vault_ask": ("申请开启身份", "opening asked"),
    "audit.vault_answer": ("审批开启身份", "opening answered"),
    "audit.vault_open": ("开启身份", "identity opened"),
    "audit.vault_destroy": ("销毁到期身份", "identities destroyed"),
    "audit.vault_rewrap": ("更换身份库密钥", "vault key changed"),
    # standing of an agreement
    "agreed.active": ("有效", "in force"),
    "agreed.future": ("未到期始", "not yet"),
    "agreed.expired": ("已到期", "expired"),
    "agreed.ended": ("已终止", "ended"),
    # a run of the matching
    "run.asked": ("比对中", "asked"),
    "run.answered": ("已应答，待结果", "answered"),
    "run.settling": ("待对方确认", "to be confirmed"),
    "run.done": ("双方已确认", "confirmed"),
    "run.failed": ("未完成", "failed"),
    "run.asking": ("本方发起", "ours"),
    "run.answering": ("对方发起", "theirs"),
    # a hand-over
    "over.new": ("待对方收到", "on its way"),
    "over.offered": ("待接收", "offered"),
    "over.accepted": ("已接收", "accepted"),
    "over.handed": ("已移交明细", "handed over"),
    "over.rejected": ("不接收", "rejected"),
    "over.returned": ("已退回", "returned"),
    "over.withdrawn": ("已撤回", "withdrawn"),
    "over.expired": ("过期作废", "expired"),
    "over.giver": ("移出", "given"),
    "over.receiver": ("移入", "received"),
    "overact.offer": ("提出移交", "offer"),
    "overact.accept": ("接收", "accept"),
    "overact.reject": ("不接收", "reject"),
    "overact.hand": ("移交明细", "hand over the lines"),
    "overact.return": ("退回", "return"),
    "overact.withdraw": ("撤回", "withdraw"),
    "overact.expire": ("过期作废", "expire"),
    "measure.packs": ("盒", "packs"),
    "measure.mg": ("毫克", "mg"),
}
