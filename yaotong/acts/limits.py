"""How much one file may bring into a workspace: the contract's limits, or what its settings say instead."""

from __future__ import annotations

from dataclasses import fields

from yaotong.config import Settings
from yaotong.errors import ConfigError
from yaotong.intake import Limits

_NAMES = tuple(one.name for one in fields(Limits))


def limits_of(settings: Settings) -> Limits:
    """The limits of a workspace; ConfigError names what in its settings is none."""
    unknown = sorted(set(settings.limits) - set(_NAMES))
    if unknown:
        raise ConfigError(f"设置 [limits] 里没有这些项：{'、'.join(unknown)}。可用：{'、'.join(_NAMES)}。")
    for name, value in settings.limits.items():
        number = isinstance(value, int if name != "read_seconds" else int | float)
        if not number or isinstance(value, bool) or value < 1:
            raise ConfigError(f"设置 [limits] 的 {name} 应为不小于 1 的数，不是 {value!r}。")
    return Limits(**settings.limits)
