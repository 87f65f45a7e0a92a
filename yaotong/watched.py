"""The drug groups whose sales are watched day by day: categories of the catalogue, and groups of symptoms."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# No feed carries the groups of symptoms: they are told by the drug's name among the four classes
# (四类药品: fever, cough, antiviral, antibacterial). The first that a name fits is its group.
SYMPTOMS: dict[str, tuple[str, ...]] = {
    "fever": ("布洛芬", "对乙酰氨基酚"),
    "cough": ("急支", "氨溴索", "小青龙", "止咳", "右美沙芬"),
    "antiviral": ("连花清瘟", "奥司他韦", "玛巴洛沙韦"),
    "antibacterial": ("阿莫西林", "阿奇霉素", "左氧氟沙星", "头孢"),
}
SYMPTOM_NAMES_ZH = {"fever": "退热", "cough": "止咳", "antiviral": "抗病毒", "antibacterial": "抗菌"}
# Drugs that are diverted, and those under special attention.
DIVERTED = ("EPH", "OPI_CMP", "PSY2", "WATCH")
GROUPS = (*DIVERTED, *SYMPTOMS)


def symptom_of(drug_name: ir.StringValue) -> ir.StringValue:
    """The group of symptoms that a drug's name tells, or NULL."""
    branches = [
        (ibis.or_(*(drug_name.contains(word) for word in words)), name) for name, words in SYMPTOMS.items()
    ]
    return ibis.cases(*branches, else_=ibis.null(str))


def grouped(drugs: ir.Table) -> ir.Table:
    """The catalogue's entries with their `group`; a drug of two categories stands in both."""
    columns = ("drug_code", "valid_from", "valid_to")
    parts = [
        drugs.filter(drugs.categories.contains(f"|{one}|")).select(*columns, group=ibis.literal(one))
        for one in DIVERTED
    ]
    four = drugs.filter(drugs.categories.contains("|FOUR|"))
    told = four.select(*columns, group=symptom_of(four.drug_name))
    return ibis.union(*parts, told.filter(told.group.notnull()))
