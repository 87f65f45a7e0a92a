"""Sales lines as a pharmacy's point of sale exports them, under Chinese headers of several makers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from yaotong.intake.core.profile import Prepared, Profile

_RECEIPT, _LINE = "小票号", "行号"
_MOMENT, _DAY = "销售时间", "销售日期"
_CLOCK = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
# What tells the lines of one receipt apart where the export does not number them.
_INSTEAD_OF_LINE = ("商品编码", "批号", "追溯码")
_STORE = ("门店", "到店", "线下", "店内", "柜台")
_ONLINE = ("网订", "网上", "线上", "网订店取", "网店", "O2O")
_DELIVERY = ("配送", "网订店送", "送货上门", "送药上门", "外卖")


def whole_lines(frame: pd.DataFrame, path: Path) -> Prepared:
    """Each line with a name of its own, and with the day of its sale where the export has it apart."""
    return with_sale_id(_with_days(frame), path)


def _with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Day and time of day joined, where they stand in two columns."""
    if _DAY not in frame.columns:
        return frame
    clock, day = frame[_MOMENT].fillna("").str.strip(), frame[_DAY].str.extract(r"^\s*(\S+)", expand=False)
    apart = clock.str.fullmatch(_CLOCK) & day.notna()
    return frame.assign(**{_MOMENT: frame[_MOMENT].where(~apart, day + " " + clock)})


def with_sale_id(frame: pd.DataFrame, path: Path) -> Prepared:
    """Name each line: receipt and line number, or receipt, product, lot and trace code.

    A running number made here would change with the order of the export, and a line sent twice would
    count twice.
    """
    empty = pd.Series("", frame.index, dtype="str")
    parts = {
        name: frame[name].fillna("").str.strip() if name in frame.columns else empty
        for name in (_RECEIPT, _LINE, *_INSTEAD_OF_LINE)
    }
    named = pd.Series("", frame.index, dtype="str")
    for name in _INSTEAD_OF_LINE:
        named = named + ("-" + parts[name]).where(parts[name] != "", "")
    numbered = parts[_LINE] != ""
    serials = parts[_RECEIPT] + ("-" + parts[_LINE]).where(numbered, named)
    prepared = frame.assign(sale_id=serials.where(parts[_RECEIPT] != "", None).astype("str"))
    bare = int((~numbered).sum())
    note = f"{bare:,} 行没有行号，以小票号、商品编码、批号和追溯码区分。"
    return prepared, (note,) if bare else ()


PROFILE = Profile(
    id="pos_sales",
    feed="sales",
    title_zh="药店收银系统导出的销售明细",
    cadence="daily",
    licence="supervision data, sent by the pharmacy under its duty to report; not for publication",
    credit="报送药店",
    signature=(_RECEIPT, "药店许可证号", _MOMENT, "商品编码", "数量"),
    columns={
        "sale_id": "sale_id",
        "药店许可证号": "pharmacy_id",
        _MOMENT: "sold_at",
        "商品编码": "drug_code",
        "追溯码": "trace_code",
        "批号": "batch_no",
        "数量": "quantity",
        "单价": "unit_price",
        "身份证号": "buyer_id_no",
        "处方号": "prescription_no",
        "医师编号": "prescriber_id",
        "药师编号": "pharmacist_id",
        "销售渠道": "channel",
        "医保支付": "paid_by_insurance",
        "结算号": "settlement_id",
        "封签号": "seal_id",
        "录入时间": "recorded_at",
    },
    synonyms={
        _RECEIPT: (
            "销售单号",
            "流水号",
            "销售流水号",
            "收银流水号",
            "单据号",
            "单据编号",
            "交易号",
            "订单号",
        ),
        _LINE: ("小票行号", "明细行号", "明细序号", "行序号"),
        "药店许可证号": (
            "药品经营许可证号",
            "药品经营许可证编号",
            "许可证编号",
            "许可证号",
            "门店编码",
            "门店编号",
            "药店编码",
            "药店编号",
        ),
        _MOMENT: ("销售日期时间", "交易时间", "收款时间", "收银时间", "开单时间", _DAY),
        "商品编码": ("本位码", "药品本位码", "国家药品编码", "药品编码", "药品代码", "商品代码", "货号"),
        "追溯码": ("药品追溯码", "追溯码信息", "电子监管码", "监管码"),
        "批号": ("药品批号", "产品批号", "生产批号", "商品批号"),
        "数量": ("销售数量", "销量", "售出数量"),
        "单价": ("成交单价", "实售价", "成交价", "销售单价", "单价(元)", "零售价", "零售单价", "售价"),
        "身份证号": (
            "身份证号码",
            "购买人身份证号",
            "购药人身份证号",
            "顾客身份证号",
            "购买人证件号码",
            "证件号码",
            "证件号",
        ),
        "处方号": ("处方编号", "处方单号", "处方笺号"),
        "医师编号": ("处方医师编号", "医师证书编号", "处方医师", "医师", "开方医生", "医生"),
        "药师编号": ("执业药师注册证号", "药师证号", "执业药师", "审方药师", "药师"),
        "销售渠道": ("渠道", "销售方式", "订单来源"),
        "医保支付": ("是否医保", "是否医保支付", "医保结算", "医保标志"),
        "结算号": ("医保结算号", "医保结算单号", "结算单号", "结算编号"),
        "封签号": ("封签编号", "封条号", "配送封签号"),
        "录入时间": ("上传时间", "创建时间", "登记时间", "入库时间"),
    },
    values={
        "channel": {
            **dict.fromkeys(_STORE, "store"),
            **dict.fromkeys(_ONLINE, "online"),
            **dict.fromkeys(_DELIVERY, "delivery"),
        },
        "paid_by_insurance": {"医保": "是", "医保支付": "是", "自费": "否", "非医保": "否"},
    },
    taken=(_RECEIPT, _LINE, _DAY),
    ignored=(
        # How the goods are called and where they come from: the register of drugs says it.
        *("商品名称", "药品名称", "品名", "通用名", "规格", "剂型", "单位", "包装单位", "批准文号"),
        *("生产厂家", "生产企业", "生产厂商", "产地", "上市许可持有人", "条形码", "商品条码", "国际条码"),
        *("生产日期", "有效期", "有效期至", "贮藏条件", "货位", "药品类别", "处方类型", "是否处方药"),
        # Money beyond the unit price.
        *("金额", "销售金额", "实收金额", "应收金额", "合计金额", "折扣", "折扣率", "折后价", "优惠金额"),
        *("成本价", "成本金额", "毛利", "毛利率", "税率", "支付方式", "会员价"),
        # People by name: nothing here may be shown or kept.
        *("购买人姓名", "购药人姓名", "购买人", "购药人", "顾客姓名", "患者姓名", "会员姓名", "姓名"),
        *("性别", "年龄", "联系电话", "手机号", "手机号码", "电话", "地址", "会员卡号", "会员号"),
        *("证件类型", "收银员", "营业员", "销售员", "操作员", "处方医院", "处方机构"),
        *("序号", "门店名称", "药店名称", "店名", "收银机号", "备注"),
    ),
    prepare=whole_lines,
)
