"""Keep exempt findings for the record and out of the alerts: what detection asks of exemptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from yaotong.acts.judging import judged_now
from yaotong.alerts.decide import Plan
from yaotong.alerts.exempt import covering
from yaotong.alerts.model import Exemption, Finding
from yaotong.alerts.states import Act
from yaotong.reads.exemptions import reaches_rule
from yaotong.rules.model import Rule
from yaotong.rules.scope import Span
from yaotong.store import Connection, exemptions, findings, loads

# The exempt findings of a run, each with the number of what exempts it.
Spared = Mapping[str, tuple[Finding, int]]


def reaching(connection: Connection, rule: Rule, subject: str | None = None) -> list[Exemption]:
    """The exemptions that speak of a rule, of everybody or of one subject."""
    known = exemptions.every(connection, subject)
    return [one for one in known if reaches_rule(one, rule)]


def parted(
    connection: Connection, rule: Rule, found: Sequence[Finding]
) -> tuple[list[Finding], dict[str, tuple[Finding, int]]]:
    """Findings that count, and those that an exemption covers on their behaviour day."""
    known = reaching(connection, rule) if found else []
    live, spared = [], {}
    for one in found:
        by = covering(known, one)
        if by is None:
            live.append(one)
        else:
            spared[one.finding_id] = (one, by.exemption_id)
    return live, spared


def keep_spared(connection: Connection, rule: Rule, span: Span, spared: Spared) -> None:
    """Write the exempt findings of a run; those of an earlier one that are found no more are let go."""
    version, window = loads.current_version(connection), span.window
    stored = exemptions.spared_in_window(connection, rule.rule_id, window.since, window.until)
    known = judged_now({name: subject for name, (subject, _) in stored.items()}, span)
    findings.let_go(connection, [one for one in known if one not in spared], version)
    exempt = {name: by for name, (_, by) in spared.items()}
    exemptions.spare(connection, exempt, [one for one, _ in spared.values()], version)


def with_reasons(decided: Plan, spared: Spared) -> Plan:
    """The same changes; an alert all of whose findings turned exempt says so."""
    return Plan(
        tuple(
            replace(one, reason="exempted")
            if one.act is Act.VANISH and all(each.finding_id in spared for each in one.findings)
            else one
            for one in decided.changes
        )
    )
