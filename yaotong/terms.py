"""The glossary as data: every word a screen shows for a state, an act, a level or a thing of the field."""

from __future__ import annotations

from dataclasses import dataclass

from yaotong.codes import CATEGORIES


@dataclass(frozen=True, slots=True)
class Term:
    """One word in Chinese and in English."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not self.zh or not self.en:
            raise ValueError("a term needs both languages")

    def text(self, lang: str) -> str:
        """The word in a language; Chinese unless English is asked for."""
        return self.en if lang.startswith("en") else self.zh


TERMS: dict[str, Term] = {
    # the chain of words, house.md
    "record": Term("记录", "record"),
    "fact": Term("事实", "fact"),
    "finding": Term("发现", "finding"),
    "alert": Term("预警", "alert"),
    "dispatch": Term("派发", "dispatch"),
    "disposition": Term("处置", "disposition"),
    "closure": Term("销号", "closure"),
    "lead": Term("主办", "lead"),
    "assist": Term("协办", "assist"),
    "lot": Term("药品批号", "lot"),
    "load": Term("数据批次", "load"),
    "receipt": Term("回执", "receipt"),
    "silence": Term("静默（不再提醒）", "silence"),
    "data_silence": Term("停报", "data silence"),
    "heat": Term("热度", "heat"),
    "hotspot": Term("热点", "hotspot"),
    # levels
    "level.red": Term("红色", "red"),
    "level.orange": Term("橙色", "orange"),
    "level.yellow": Term("黄色", "yellow"),
    "level.blue": Term("蓝色", "blue"),
    # states of an alert
    "state.dispatched": Term("已派发", "dispatched"),
    "state.accepted": Term("已签收", "accepted"),
    "state.checking": Term("核查中", "being checked"),
    "state.suspended": Term("挂起", "suspended"),
    "state.disposed": Term("处置完成", "disposed"),
    "state.closed": Term("已销号", "closed"),
    # acts
    "act.open": Term("生成预警", "opened"),
    "act.extend": Term("补充证据", "evidence added"),
    "act.worsen": Term("升级", "level raised"),
    "act.vanish": Term("条件消失", "condition gone"),
    "act.recur": Term("再次发生", "recurred"),
    "act.remind": Term("提醒签收", "reminded to accept"),
    "act.escalate": Term("催办上报", "escalated"),
    "act.accept": Term("签收", "accept"),
    "act.check": Term("开始核查", "start checking"),
    "act.dispose": Term("处置反馈", "dispose"),
    "act.close": Term("销号", "close"),
    "act.return": Term("退回重办", "return"),
    "act.dismiss": Term("研判为误报", "dismiss"),
    "act.merge": Term("并案", "merge"),
    "act.reopen": Term("重新打开", "reopen"),
    "act.transfer": Term("转办", "transfer"),
    "act.consult": Term("会商", "consult"),
    "act.suspend": Term("挂起", "suspend"),
    "act.resume": Term("恢复办理", "resume"),
    "act.prolong": Term("延期", "extend the deadlines"),
    "act.supervise": Term("督办", "supervise"),
    "act.note": Term("备注", "note"),
    "act.answer": Term("协办反馈", "answer"),
    # states of a version of a rule
    "version.draft": Term("草稿", "draft"),
    "version.tested": Term("案例相符", "cases hold"),
    "version.backtested": Term("已回测", "back-tested"),
    "version.approved": Term("已审批", "approved"),
    "version.live": Term("上线", "live"),
    "version.retired": Term("已下线", "retired"),
    "version.refused": Term("未通过", "refused"),
    "version.withdrawn": Term("已撤回", "withdrawn"),
    # steps of a version of a rule
    "step.make": Term("起草", "drafted"),
    "step.edit": Term("修改", "edit"),
    "step.test": Term("试跑案例", "run the cases"),
    "step.backtest": Term("回测 12 个月", "back-test 12 months"),
    "step.measure": Term("回测完成", "back-test finished"),
    "step.approve": Term("审批通过", "approve"),
    "step.refuse": Term("不予通过", "refuse"),
    "step.publish": Term("发布上线", "publish"),
    "step.withdraw": Term("撤回", "withdraw"),
    "step.retire": Term("下线", "retire"),
    "step.supersede": Term("由新版接替", "superseded"),
    "step.shadow": Term("开始影子运行", "run in shadow"),
    "step.unshadow": Term("停止影子运行", "stop the shadow"),
    "step.release": Term("解除隔离", "release"),
    "step.resume": Term("恢复通知", "resume notices"),
    # what a department is told about its rules
    "notice.quarantined": Term("规则运行失败，已隔离，其余照常", "rule failed, quarantined; the others run"),
    "notice.paused": Term("一天内预警过多，通知暂停，预警照留", "flood: notices wait, alerts are kept"),
    "notice.shadow_stopped": Term("影子版本运行失败，已停止", "shadow version failed and was stopped"),
    # outcomes
    "outcome.confirmed": Term("属实", "confirmed"),
    "outcome.false_alarm": Term("误报", "false alarm"),
    "outcome.unverifiable": Term("无法核实", "could not be verified"),
    # reasons the system gives for a change
    "reason.new_finding": Term("新发现", "new finding"),
    "reason.new_evidence": Term("新证据", "new evidence"),
    "reason.evidence_changed": Term("证据更正", "evidence corrected"),
    "reason.level_up": Term("程度加重", "graver than before"),
    "reason.condition_gone": Term("更正后条件不再成立", "no longer found after a correction"),
    "reason.rule_changed": Term("规则换了版本", "the rule has a new version"),
    "reason.recurred": Term("销号后再次发生", "happened again after it was closed"),
    "reason.explained": Term("有合理解释", "explained"),
    "reason.data_error": Term("数据有误", "the data are wrong"),
    "reason.known_case": Term("已在办的同一件事", "already being dealt with"),
    "reason.out_of_scope": Term("不属监管范围", "not within the law's reach"),
    "reason.laboratory": Term("等检验结果", "waiting for the laboratory"),
    "reason.police": Term("等公安结论", "waiting for the police"),
    "reason.court": Term("等司法结论", "waiting for the court"),
    "reason.other_region": Term("等外地协查", "waiting for another region"),
    "reason.half_time": Term("时限过半，尚未签收", "half of the time is gone, not accepted"),
    "reason.80_percent": Term("时限用去八成", "four fifths of the time are gone"),
    "reason.100_percent": Term("时限已到", "the time is up"),
    "reason.exempted": Term("行为日在豁免期内", "exempt on the days of behaviour"),
    # delivery
    "delivery.due": Term("待发送", "due"),
    "delivery.sent": Term("已送达", "delivered"),
    "delivery.dead": Term("送不出去", "dead"),
    "via.inbox": Term("站内", "inbox"),
    "via.webhook": Term("webhook", "webhook"),
    "via.dingtalk": Term("钉钉", "DingTalk"),
    "via.wecom": Term("企业微信", "WeCom"),
    "via.feishu": Term("飞书", "Feishu"),
    "via.mail": Term("邮件", "mail"),
    "receiver.well": Term("正常", "well"),
    "receiver.resting": Term("暂缓", "resting"),
    "receiver.gone": Term("已停用（410）", "gone (410)"),
    "receiver.limited": Term("本分钟已满", "full for this minute"),
    "receiver.refused": Term("已停用（设置被拒）", "stopped: settings refused"),
    "held.quiet": Term("静默时段", "quiet hours"),
    "held.digest": Term("等待汇总", "for the digest"),
    "digest.none": Term("逐条", "one by one"),
    "digest.hourly": Term("每小时汇总", "hourly digest"),
    "digest.daily": Term("每日汇总", "daily digest"),
    # exemptions
    "exemption": Term("豁免", "exemption"),
    "exempt.chronic_patient": Term("慢性病患者", "chronic patient"),
    "exempt.all_hours": Term("24 小时药店", "24-hour pharmacy"),
    "exempt.remote_review": Term("远程审方中心", "remote-review centre"),
    "exempt.elderly_agent": Term("老年人代购", "buys for the elderly"),
    "exempt.other": Term("其他", "other"),
    "exemption.active": Term("有效", "in force"),
    "exemption.future": Term("未开始", "not begun"),
    "exemption.expired": Term("已到期", "expired"),
    "exemption.ended": Term("已终止", "ended"),
    # subjects
    "subject.pharmacy": Term("药店", "pharmacy"),
    "subject.buyer": Term("购药人", "buyer"),
    "subject.trace_code": Term("追溯码", "trace code"),
    "subject.lot": Term("药品批号", "lot"),
    "subject.area": Term("区域", "area"),
    "subject.prescriber": Term("医师", "prescriber"),
    "subject.drug": Term("镇街的药品", "drug in a town"),
    # kinds of rule
    "kind.statutory": Term("法定规则", "statutory rule"),
    "kind.model": Term("模型规则", "model rule"),
    # outcomes of a file
    "outcome.accepted": Term("全部接收", "accepted"),
    "outcome.partial": Term("部分接收", "partly accepted"),
    "outcome.rejected_file": Term("整份拒收", "refused"),
    "outcome.noop": Term("重复文件，未作改动", "nothing new"),
    # data quality
    "quality.area_mismatch": Term("坐标与登记区域不符", "point and claimed area differ"),
    "quality.outside": Term("坐标在辖区之外", "outside every area"),
    "quality.unlocated": Term("没有坐标", "no coordinates"),
    # the risk score
    "risk": Term("风险分", "risk score"),
    "risk.base": Term("基础分", "base"),
    "risk.alerts": Term("预警", "alerts"),
    "risk.breaches": Term("违规记录", "breaches on record"),
    "risk.special": Term("特药占比", "share of special drugs"),
    "risk.quality": Term("数据质量", "quality of data"),
    "risk.absence": Term("药师不在岗", "pharmacist absent"),
    "risk.credit": Term("信用（减分）", "credit (taken off)"),
    "risk.insufficient": Term("数据不足", "not enough data"),
    "risk.never_sent": Term("从未上报销售", "never sent a sale"),
    "risk.silent": Term("停报", "fell silent"),
    "risk.no_sales_sent": Term("从未上报销售", "never sent a sale"),
    "risk.no_recent_sales": Term("近期没有销售", "no sales of late"),
    "risk.no_duty_feed": Term("还没有药店上报药师在岗", "nobody sends the shifts of pharmacists"),
    "risk.no_duty_sent": Term("本店没有上报药师在岗", "this shop sends no shifts of pharmacists"),
    "risk.no_opening_hours": Term("营业时间未知", "its hours are unknown"),
    "risk.no_record": Term("没有检查记录", "no inspection on record"),
    "risk.breached": Term("有违规记录，不减", "breaches on record: nothing taken off"),
    "inspection.passed": Term("合格", "passed"),
    "inspection.corrected": Term("当场改正", "put right on the spot"),
    "inspection.ordered": Term("责令改正", "ordered to put right"),
    "inspection.filed": Term("立案", "case filed"),
    "override.on_site": Term("现场检查结果", "found on site"),
    "override.rectified": Term("已整改到位", "put right since"),
    "override.case_open": Term("正在办案", "a case is open"),
    "override.data_wrong": Term("数据有误", "the data are wrong"),
    "override.other": Term("其他", "other"),
    # opening
    "open_state.open": Term("营业中", "open"),
    "open_state.closed": Term("已打烊", "closed"),
    "open_state.unknown": Term("营业时间未知", "hours unknown"),
    # services a pharmacy offers
    "service.delivery": Term("送药上门", "home delivery"),
    "service.night": Term("夜间售药", "night service"),
    "service.pharmacist_consultation": Term("药师咨询", "pharmacist's advice"),
    "service.emergency_drugs": Term("急救药品", "emergency medicines"),
    "service.expired_drug_return": Term("过期药回收", "takes back expired medicines"),
    "service.cold_chain": Term("冷链药品", "cold-chain medicines"),
}
_CATEGORIES_EN = {
    "NARC": "narcotic drugs",
    "PSY1": "psychotropics, class I",
    "PSY2": "psychotropics, class II",
    "PRECURSOR": "precursor medicines",
    "EPH": "ephedrine compounds",
    "OPI_CMP": "oral compounds with narcotics",
    "TOXIC": "toxic medicines",
    "ABORT": "abortifacients",
    "ANABOLIC": "anabolic agents",
    "PEPTIDE": "peptide hormones",
    "VACCINE": "vaccines",
    "BLOOD": "blood products",
    "RADIO": "radiopharmaceuticals",
    "RX": "prescription medicines",
    "OTC": "over-the-counter medicines",
    "OTC_A": "over the counter, class A",
    "OTC_B": "over the counter, class B",
    "FOUR": "four classes (fever, cough, antibiotic, antiviral)",
    "ABX": "antibacterials",
    "DUAL": "dual-channel medicines",
    "COLD": "cold-chain medicines",
    "VBP": "centrally purchased medicines",
    "ONLINE_BAN": "not to be sold online",
    "WATCH": "medicines under watch",
}
TERMS.update({f"category.{name}": Term(zh, _CATEGORIES_EN[name]) for name, zh in CATEGORIES.items()})


def term(name: str, lang: str = "zh") -> str:
    """The word for a name such as "state.accepted"; KeyError for a word that is not in the glossary."""
    return TERMS[name].text(lang)
