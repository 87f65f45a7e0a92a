"""The code lists of the field: departments' roles, levels, drug categories, reasons of a receipt."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """Severity of an alert, gravest first in `rank`."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"

    @property
    def rank(self) -> int:
        """0 for red to 3 for blue."""
        return list(Level).index(self)


class SubjectKind(StrEnum):
    """What a finding is about."""

    PHARMACY = "pharmacy"
    BUYER = "buyer"
    TRACE_CODE = "trace_code"
    LOT = "lot"
    AREA = "area"
    PRESCRIBER = "prescriber"
    DRUG = "drug"  # of one town: "area_code:drug_code"
    ACCOUNT = "account"  # of this platform itself


class Role(StrEnum):
    """The four departments' roles; a further department brings its own id in its TOML."""

    MSA = "msa"
    NHSA = "nhsa"
    HC = "hc"
    PSB = "psb"


class Outcome(StrEnum):
    """What became of a file, contract §4."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED_FILE = "rejected_file"
    NOOP = "noop"


# domain/supervision.md §1.1
CATEGORIES: dict[str, str] = {
    "NARC": "麻醉药品",
    "PSY1": "第一类精神药品",
    "PSY2": "第二类精神药品",
    "PRECURSOR": "药品类易制毒化学品",
    "EPH": "含麻黄碱类复方制剂",
    "OPI_CMP": "含麻醉药品口服复方制剂",
    "TOXIC": "医疗用毒性药品",
    "ABORT": "终止妊娠药品",
    "ANABOLIC": "蛋白同化制剂",
    "PEPTIDE": "肽类激素",
    "VACCINE": "疫苗",
    "BLOOD": "血液制品",
    "RADIO": "放射性药品",
    "RX": "处方药",
    "OTC": "非处方药",
    "OTC_A": "甲类非处方药",
    "OTC_B": "乙类非处方药",
    "FOUR": "四类药品",
    "ABX": "抗菌药物",
    "DUAL": "双通道药品",
    "COLD": "冷链药品",
    "VBP": "集采药品",
    "ONLINE_BAN": "网络禁售药品",
    "WATCH": "重点关注药品",
}

# What a regulator calls special drugs (特药): everything under a stricter regime than a prescription.
SPECIAL_CATEGORIES: tuple[str, ...] = ("NARC", "PSY1", "PSY2", "PRECURSOR", "EPH", "OPI_CMP", "TOXIC")

FILE_REASONS: frozenset[str] = frozenset(
    (
        "empty_file",
        "no_header",
        "missing_column",
        "duplicate_header",
        "bad_delimiter",
        "bad_encoding",
        "unknown_format",
        "ext_mismatch",
        "corrupt_file",
        "truncated_file",
        "encrypted_file",
        "too_large",
        "too_many_rows",
        "too_many_columns",
        "decompression_bomb",
        "nested_archive",
        "path_traversal",
        "xml_entity",
        "macro",
        "external_link",
        "formula_cell",
        "bad_schema",
        "bad_json",
        "json_depth",
        "unsafe_filename",
        "duplicate_upload",
        "unsupported_crs",
    )
)
ROW_REASONS: frozenset[str] = frozenset(
    (
        "missing_value",
        "column_count",
        "too_long",
        "control_char",
        "bad_id",
        "bad_uscc",
        "bad_date",
        "future_time",
        "too_old",
        "bad_number",
        "out_of_range",
        "bad_enum",
        "unknown_pharmacy",
        "unknown_drug",
        "unknown_town",
        "duplicate_row",
        "conflict",
        "bad_coordinate",
        "coords_swapped",
        "coords_out_of_region",
        "bad_geometry",
        "bad_hours",
        "licence_conflict",
        "bad_text",
    )
)
