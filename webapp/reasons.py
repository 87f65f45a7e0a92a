"""Why a file or a row was refused, in plain words, each with its remedy; named as in contract §4."""

from __future__ import annotations

import re
from collections.abc import Mapping

from webapp.words import say

# How the intake speaks to who types commands, and how a page says the same.
_SPOKEN = (
    (re.compile(r"请用 --feed 指明 [^。]*。"), "请在送文件时选好种类或来源。"),
    (re.compile(r"[“]?--feed[”]?"), "“种类”"),
    (re.compile(r"[“]?--profile[”]?"), "“来源”"),
    (re.compile(r"或用 partial。"), "或在“有坏行时”选“收下好行，退回坏行”。"),
)

FILE: Mapping[str, tuple[str, str]] = {
    "empty_file": ("文件是空的", "请确认导出成功，再送一次。"),
    "no_header": ("没有列名", "请在数据之前加一行列名。"),
    "missing_column": ("缺少必要的列", "请补上缺少的列，或选对数据种类。"),
    "duplicate_header": ("列名重复", "请让每一列的名字不同。"),
    "bad_delimiter": ("列的分隔符读不出", "请用逗号、制表符或分号分隔后重新导出。"),
    "bad_encoding": ("文字编码读不出", "请另存为 UTF-8 的 CSV 后重送。"),
    "unknown_format": ("不认识这种文件", "请送 CSV、XLSX、JSON、GeoJSON 或 Parquet。"),
    "ext_mismatch": ("扩展名与内容不符", "请用原来的软件重新导出，不要改扩展名。"),
    "corrupt_file": ("文件已损坏", "请用表格软件打开检查后重新导出。"),
    "truncated_file": ("文件不完整", "请等导出完成后再送。"),
    "encrypted_file": ("文件加了密码", "请去掉密码后重送。"),
    "too_large": ("文件太大", "请按月或按街镇拆分后分别送。"),
    "too_many_rows": ("行数太多", "请按月拆分后分别送。"),
    "too_many_columns": ("列数太多", "请只留需要的列。"),
    "decompression_bomb": ("解压后大得异常", "请直接送未压缩的文件。"),
    "nested_archive": ("压缩包里还有压缩包", "请解开后把里面的文件逐个送来。"),
    "path_traversal": ("压缩包里的路径不安全", "请解开后把里面的文件逐个送来。"),
    "xml_entity": ("文件里有不安全的实体", "请用表格软件另存为 CSV 后重送。"),
    "macro": ("文件里有宏", "请另存为不带宏的 XLSX 或 CSV。"),
    "external_link": ("文件引用了别处的文件", "请把引用粘贴为值后重送。"),
    "formula_cell": ("单元格里是公式", "请把公式粘贴为值后重送。"),
    "bad_schema": ("内容与所选种类不符", "请对照说明改正，或让系统自动识别种类。"),
    "bad_json": ("JSON 读不出", "请用导出程序重新生成。"),
    "json_depth": ("JSON 嵌套太深", "请按说明使用扁平的记录。"),
    "unsafe_filename": ("文件名不安全", "请改成普通的文件名后重送。"),
    "duplicate_upload": ("这个文件送过了", "不需要再送。"),
    "unsupported_crs": ("坐标系不受支持", "请转换为 CGCS2000 或 WGS-84 后重送。"),
}
ROW: Mapping[str, tuple[str, str]] = {
    "missing_value": ("必填项为空", "补上这一项。"),
    "column_count": ("列数与表头不一致", "检查多余或缺少的分隔符。"),
    "too_long": ("内容过长", "缩短到规定长度以内。"),
    "control_char": ("有看不见的控制字符", "删去后重新输入。"),
    "bad_id": ("编号不合格", "核对证件或编号，逐位录入。"),
    "bad_uscc": ("统一社会信用代码不合格", "核对营业执照上的 18 位代码。"),
    "bad_date": ("日期或时间读不出", "写成 2026-06-30 08:30:00 的样子。"),
    "future_time": ("时间在将来", "检查收银机的时钟。"),
    "too_old": ("时间太早", "检查年份。"),
    "bad_number": ("数字读不出", "只写数字，不带单位。"),
    "out_of_range": ("数值超出范围", "核对数量、单价和单位。"),
    "bad_enum": ("不在可选值之内", "改成说明里列出的值。"),
    "unknown_pharmacy": ("名录里没有这家药店", "核对许可证号，或先送药店名录。"),
    "unknown_drug": ("目录里没有这个药", "核对药品编码，或先送药品目录。"),
    "unknown_town": ("没有这个镇街", "核对区划代码。"),
    "duplicate_row": ("同一文件里重复", "删去多余的一行。"),
    "conflict": ("与同编号的另一行矛盾", "两行只留正确的一行。"),
    "bad_coordinate": ("坐标读不出", "写成十进制的度。"),
    "coords_swapped": ("经纬度写反了", "把经度和纬度对调。"),
    "coords_out_of_region": ("坐标在辖区之外", "核对坐标和坐标系。"),
    "bad_geometry": ("边界图形不合格", "在制图软件里修复图形。"),
    "bad_hours": ("营业时间读不出", "写成 08:00-21:00 的样子。"),
    "licence_conflict": ("许可证号与别家冲突", "核对许可证号。"),
    "bad_text": ("文字里有乱码", "用正确的编码重新导出。"),
}


def title(reason: str) -> str:
    """A reason in words; its bare name when it has none."""
    return say({**FILE, **ROW}.get(reason, (reason, ""))[0])


def remedy(reason: str) -> str:
    """What to do about it."""
    return say({**FILE, **ROW}.get(reason, ("", ""))[1])


def spoken(message: str) -> str:
    """A message of the intake without the options of the command line."""
    for pattern, words in _SPOKEN:
        message = pattern.sub(words, message)
    return message
