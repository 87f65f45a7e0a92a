"""Where the rules lie, and how a rule's files are called."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def module_name(rule_id: str) -> str:
    """ "R-M01" → "r_m01"."""
    return rule_id.lower().replace("-", "_")
