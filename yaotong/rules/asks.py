"""What a rule's expression asks of the facts: drug categories, and columns that must be filled."""

from __future__ import annotations

import re
from collections.abc import Iterable

import ibis.expr.operations as ops
import ibis.expr.types as ir

from yaotong.facts import FACT_SCHEMAS

_CATEGORY = re.compile(r"\|([A-Z0-9_]+)\|")


def categories(found: ir.Table) -> tuple[str, ...]:
    """The drug categories that an expression looks for, in order."""
    needles = (
        node.needle.value
        for node in found.op().find(ops.StringContains)
        if isinstance(node.needle, ops.Literal)
    )
    named = (_CATEGORY.fullmatch(str(one)) for one in needles)
    return tuple(sorted({one[1] for one in named if one is not None}))


def columns_needed(found: ir.Table, feeds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each feed the columns that a rule tests for being filled, or joins feeds by: without them a line
    says nothing to it."""
    tested = {node.arg.name for node in found.op().find(ops.NotNull) if isinstance(node.arg, ops.Field)}
    for link in found.op().find(ops.JoinLink):
        tested |= {one.name for each in link.predicates for one in each.find(ops.Field)}
    return {feed: tuple(name for name in FACT_SCHEMAS[feed].names if name in tested) for feed in feeds}
