"""R-M02 特药未实名登记: ephedrine and opioid compounds sold without a registered buyer."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import sending, shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import inside


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that sold the drugs to nobody registered, of shops known to register buyers."""
    lines = facts.sales_of("EPH", "OPI_CMP")
    bare = lines.filter(inside(lines, window), lines.buyer_key.isnull())
    bare = bare.mutate(day=bare.sold_at.date(), at=bare.sold_at)
    kept = unreturned(bare, "pharmacy_id", "day", "drug_code")
    known = sending(facts, kept, window, int(values["known_days"]), "buyer_key")
    rows = kept.semi_join(known, ["pharmacy_id", "day"]).mutate(
        measure=lambda one: one.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.ORANGE)),
    )
    return shop_findings(facts, rows, clause="unregistered")


RULE = Rule(
    rule_id="R-M02",
    name_zh="特药未实名登记",
    name_en="Special drugs sold without a registered buyer",
    kind="statutory",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=90,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "unregistered": Clause(
            "没有登记购药人，售出含麻黄碱类或含麻醉药品复方制剂 {measure} 盒",
            "{measure} packs of ephedrine or opioid compounds sold without a registered buyer",
            "盒",
        )
    },
    parameters=(Parameter("known_days", 90, "天", 7, 90, "药店在此前几天内登记过购药人，才知道会送这一列"),),
    basis=(
        Basis(
            "食药监办药化监〔2012〕260号",
            "查验身份证，登记姓名和身份证号码",
            since=date(2012, 9, 4),
            verify=True,
        ),
        Basis("食药监办药化监〔2013〕33号", "含麻醉药品复方制剂的实名登记", verify=True),
    ),
    find=find,
    assists=(Assist("psb", min_measure=5),),
)
