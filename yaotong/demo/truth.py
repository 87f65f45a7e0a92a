"""What was planted: the truth that lies beside the data and that no intake reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from yaotong.codes import SubjectKind

Verdict = Literal["guilty", "innocent"]


@dataclass(frozen=True, slots=True)
class Story:
    """One planted subject of one rule. A finding of `rule` about `subject` between `since` and
    `until` (both included) is right when guilty and wrong when innocent.

    `rows` are row numbers while the city is made; `sale_ids` are "<license_no>/<sale_id>". `by` is the day by
    which it must be found, where one is given.
    """

    story: str
    rule: str
    verdict: Verdict
    subject_kind: SubjectKind
    subject: str
    pharmacies: tuple[str, ...]
    since: date
    until: date
    why: str
    rows: tuple[int, ...] = ()
    sale_ids: tuple[str, ...] = ()
    by: date | None = None

    def as_dict(self) -> dict[str, Any]:
        """The form `truth.json` holds."""
        return {
            "story": self.story,
            "rule": self.rule,
            "verdict": self.verdict,
            "subject_kind": str(self.subject_kind),
            "subject": self.subject,
            "pharmacies": list(self.pharmacies),
            "from": self.since.isoformat(),
            "until": self.until.isoformat(),
            "why": self.why,
            "sale_ids": list(self.sale_ids),
            **({"by": self.by.isoformat()} if self.by is not None else {}),
        }


@dataclass(frozen=True, slots=True)
class CityTruth:
    """Everything planted in a city; `omitted` names what the city was too short or small for.

    `echoes` are effects of a guilty story that another rule may rightly see as well, `crossing` are buyers
    of two regions.
    """

    seed: int
    days: int
    pharmacies: int
    until: date
    stories: tuple[Story, ...]
    data_quality: tuple[dict[str, str], ...]
    omitted: tuple[dict[str, str], ...]
    echoes: tuple[dict[str, Any], ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    crossing: tuple[dict[str, Any], ...] = ()

    def of(self, rule: str, verdict: Verdict | None = None) -> tuple[Story, ...]:
        """Stories of one rule, of one verdict when given."""
        return tuple(
            one for one in self.stories if one.rule == rule and (verdict is None or one.verdict == verdict)
        )

    def as_dict(self) -> dict[str, Any]:
        """The form `truth.json` holds."""
        return {
            "seed": self.seed,
            "days": self.days,
            "pharmacies": self.pharmacies,
            "until": self.until.isoformat(),
            "stories": [story.as_dict() for story in self.stories],
            "data_quality": list(self.data_quality),
            "omitted": list(self.omitted),
            "echoes": list(self.echoes),
            "rows": self.rows,
            "crossing": list(self.crossing),
        }
