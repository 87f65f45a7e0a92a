"""A district's register of pharmacies under Chinese headers, with scope and hours in words."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pandas as pd

from yaotong.intake.checks.hours_in_words import hours_from_words
from yaotong.intake.core.profile import Prepared, Profile

_SCOPE, _CLASS, _HOURS, _TOWN = "经营范围", "经营类别", "营业时间", "所在街道代码"
# Words of licences that name a category of the domain notes §1.1; a whole word, without its brackets.
_CATEGORIES = {
    "处方药": "RX",
    "非处方药": "OTC",
    "甲类非处方药": "OTC_A",
    "乙类非处方药": "OTC_B",
    "麻醉药品": "NARC",
    "第一类精神药品": "PSY1",
    "第二类精神药品": "PSY2",
    "药品类易制毒化学品": "PRECURSOR",
    "含麻黄碱类复方制剂": "EPH",
    "含麻醉药品口服复方制剂": "OPI_CMP",
    "医疗用毒性药品": "TOXIC",
    "毒性药品": "TOXIC",
    "毒性中药饮片": "TOXIC",
    "终止妊娠药品": "ABORT",
    "蛋白同化制剂": "ANABOLIC",
    "肽类激素": "PEPTIDE",
    "胰岛素": "PEPTIDE",
    "疫苗": "VACCINE",
    "血液制品": "BLOOD",
    "放射性药品": "RADIO",
    "冷藏药品": "COLD",
    "冷藏冷冻药品": "COLD",
    "冷链药品": "COLD",
}
# Words that name no category: kinds of goods that every pharmacy may hold, or that are no drugs.
_PLAIN = frozenset(
    (
        *("中药材", "中药饮片", "中成药", "化学药", "化学药品", "化学药制剂", "化学原料药", "抗生素"),
        *("抗生素制剂", "抗生素原料药", "生化药品", "生物制品", "生物药品", "诊断药品", "体外诊断试剂"),
        *("医疗器械", "第一类医疗器械", "第二类医疗器械", "第三类医疗器械", "保健食品", "食品", "化妆品"),
        *("消毒用品", "日用百货", "计生用品"),
    )
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_INCLUDED = re.compile(r"(?:包?含|包括)有?")
_BETWEEN = re.compile(r"[、,;|/。*\s]+")
_LONG_TOWN = r"^(\d{9})\d{3}$"  # the statistical code: three more digits for the village


def in_our_words(frame: pd.DataFrame, path: Path) -> Prepared:
    """Scope words as category codes, hours as OpenStreetMap writes them, towns by nine digits."""
    words = [frame[name].fillna("") for name in (_SCOPE, _CLASS) if name in frame.columns]
    columns: dict[str, pd.Series] = {}
    if words:
        joined = words[0] if len(words) == 1 else words[0] + "、" + words[1]
        columns[_SCOPE] = joined.map(categories_of).astype("str")
    if _HOURS in frame.columns:
        columns[_HOURS] = frame[_HOURS].map(hours_from_words, na_action="ignore").astype("str")
    if _TOWN in frame.columns:
        columns[_TOWN] = frame[_TOWN].str.strip().str.replace(_LONG_TOWN, r"\1", regex=True)
    return frame.assign(**columns), ()


def categories_of(words: str) -> str | None:
    """Category codes of a licence's scope, such as "PSY2|COLD"; None where no word names one.

    What stands in brackets narrows a word ("生物制品（除疫苗）") and grants nothing, so it is skipped unless
    it says what is included ("中药饮片（含毒性中药饮片）").
    An unknown word stays as it is, so that the check of categories refuses it by name.
    """
    plain = unicodedata.normalize("NFKC", words)
    while (bare := _BRACKETS.sub(_granted, plain)) != plain:
        plain = bare
    found = [_word(one) for one in _BETWEEN.split(plain) if one]
    return "|".join(dict.fromkeys(one for one in found if one)) or None


def _granted(bracket: re.Match[str]) -> str:
    inside = bracket.group()[1:-1]
    included = _INCLUDED.match(inside)
    return f"、{inside[included.end() :]}、" if included else ""


def _word(word: str) -> str:
    for spelled in (word, word.removesuffix("制剂"), word.removesuffix("类")):
        if spelled in _CATEGORIES:
            return _CATEGORIES[spelled]
    return "" if word in _PLAIN else word


PROFILE = Profile(
    id="district_register",
    feed="pharmacies",
    title_zh="区县药品零售企业登记表",
    cadence="monthly",
    licence="registry of the market supervision administration; addresses and licences are public facts",
    credit="市场监督管理部门",
    signature=("许可证编号", "企业名称", "经营地址"),
    columns={
        "许可证编号": "license_no",
        "统一社会信用代码": "uscc",
        "企业名称": "name",
        "经营地址": "address",
        "经度": "lon",
        "纬度": "lat",
        "坐标系": "crs",
        _TOWN: "town_code",
        "联系电话": "phone",
        _HOURS: "opening_hours",
        "医保定点": "insurance_designated",
        "双通道": "dual_channel",
        _SCOPE: "scope",
        "所属连锁": "chain",
        "经营方式": "kind",
        "服务项目": "services",
        "状态": "status",
        "发证日期": "valid_from",
        "有效期至": "valid_to",
    },
    synonyms={
        "许可证编号": ("药品经营许可证编号", "药品经营许可证号", "许可证号", "证书编号"),
        "统一社会信用代码": ("社会信用代码", "信用代码", "营业执照号"),
        "企业名称": ("药店名称", "单位名称", "门店名称", "名称"),
        "经营地址": ("经营场所", "注册地址", "详细地址", "地址"),
        "经度": ("经度坐标", "lng"),
        "纬度": ("纬度坐标",),
        "坐标系": ("坐标系统", "坐标类型"),
        _TOWN: ("街道代码", "镇街代码", "乡镇代码", "所属镇街代码"),
        "联系电话": ("电话", "联系方式"),
        _HOURS: ("经营时间",),
        "医保定点": ("是否医保定点", "是否定点", "定点药店"),
        "双通道": ("是否双通道", "双通道药店"),
        _SCOPE: ("许可范围",),
        _CLASS: ("药品经营类别",),
        "所属连锁": ("连锁企业", "连锁总部", "所属连锁企业"),
        "经营方式": ("企业类型", "经营形式"),
        "服务项目": ("特色服务",),
        "状态": ("经营状态", "许可证状态", "证书状态"),
        "发证日期": ("签发日期", "有效期起"),
        "有效期至": ("有效期止", "有效期", "许可证有效期至"),
    },
    values={
        "status": {
            **dict.fromkeys(("正常", "营业", "在营", "在业", "有效", "正常营业"), "active"),
            **dict.fromkeys(("停业", "歇业", "暂停营业", "暂停"), "suspended"),
            **dict.fromkeys(("注销", "吊销", "撤销", "已注销", "已吊销", "关闭"), "closed"),
        },
        "kind": {
            **dict.fromkeys(("连锁", "零售连锁", "零售(连锁)", "零售连锁门店", "连锁门店"), "chain_store"),
            **dict.fromkeys(("单体", "零售", "零售(单体)", "单体药店", "药品零售"), "single"),
        },
        "crs": {
            **dict.fromkeys(("WGS-84", "GPS", "GPS坐标"), "wgs84"),
            **dict.fromkeys(("国家2000", "大地2000", "2000坐标系"), "cgcs2000"),
            **dict.fromkeys(("高德", "腾讯", "高德坐标", "腾讯坐标", "火星坐标"), "gcj02"),
            **dict.fromkeys(("百度", "百度坐标"), "bd09"),
        },
    },
    taken=(_CLASS,),
    ignored=(
        *("序号", "所在街道", "镇街", "所属镇街", "区县", "市", "省", "仓库地址", "注册资本", "发证机关"),
        *("法定代表人", "企业负责人", "质量负责人", "负责人", "联系人", "执业药师", "药师人数", "备注"),
    ),
    relax=("lon", "lat"),
    prepare=in_our_words,
)
