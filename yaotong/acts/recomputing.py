"""Judge all that was judged once more and compare: the same facts give the same findings."""

from __future__ import annotations

from dataclasses import dataclass

from yaotong.acts.judging import Judging, judge
from yaotong.errors import RuleFailed
from yaotong.rules.book import book
from yaotong.rules.keys import key_of
from yaotong.rules.scope import Span
from yaotong.store import findings, judged, loads, rulebook, rulestops
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many findings came out again as they stand. `gone` and `news` name those that do not (rule, id).

    `skipped` are rules that have not judged the newest data yet, are quarantined, or could not run here.
    """

    same: int
    gone: tuple[tuple[str, str], ...]
    news: tuple[tuple[str, str], ...]
    skipped: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing is lacking and nothing is new."""
        return not self.gone and not self.news


def recompute(workspace: Workspace) -> Recomputed:
    """Run every rule that is up to date over all days, as it is live, and compare with what is stored."""
    with workspace.store.read() as connection:
        version, marks = loads.current_version(connection), judged.marks(connection)
        stopped = set(rulestops.quarantined(connection))
        rules = [rulebook.in_force(connection, one) for one in book().values()]
        stored = {one.rule_id: findings.in_force(connection, one.rule_id) for one in rules}
    judging = Judging(workspace.store, open_facts(workspace.store, version=version), version)
    same, gone, news, skipped = 0, [], [], []
    for rule in rules:
        mark, days = marks.get(rule.rule_id), judging.days(rule)
        if days is None:
            continue
        current = mark is not None and mark.data_version == version
        if (
            mark is None
            or not current
            or mark.rule_key != key_of(rule, rule.values())
            or rule.rule_id in stopped
        ):
            skipped.append(rule.rule_id)
            continue
        try:
            ((_, found),) = judge(judging, rule, [Span(days)])
        except RuleFailed:
            skipped.append(rule.rule_id)
            continue
        before, now = stored[rule.rule_id], {one.finding_id: one.content_sha for one in found}
        same += sum(now.get(name) == sha for name, sha in before.items())
        gone += [(rule.rule_id, name) for name, sha in before.items() if now.get(name) != sha]
        news += [(rule.rule_id, name) for name in now if name not in before]
    return Recomputed(same, tuple(gone), tuple(news), tuple(skipped))
