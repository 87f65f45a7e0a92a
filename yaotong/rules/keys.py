"""What a rule is, in one short text: its code, its version and its values."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from yaotong.rules.model import Rule, Values


def key_of(rule: Rule, values: Values) -> str:
    """Changes when the rule would judge otherwise: its code, its version or its values."""
    said = json.dumps([rule.rule_id, rule.version, dict(sorted(values.items())), _source(rule.find)])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


@lru_cache
def _source(find: Callable[..., Any]) -> str:
    module = inspect.getmodule(find)
    return inspect.getsource(module) if module is not None else ""
