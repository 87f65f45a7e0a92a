"""The sources a file may be read as: what whoever sends one can choose from."""

from __future__ import annotations

from collections.abc import Mapping

from yaotong.intake import profiles


def profile_titles() -> Mapping[str, str]:
    """Each known source: id → what people call it."""
    return {name: one.title_zh for name, one in profiles().items()}
