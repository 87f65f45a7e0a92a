"""Why a citizen's search did not help: words and one pure decision, of distances and states alone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

NEAR_M = 3_000.0


class Reason(StrEnum):
    """`NONE`: nothing that fits within reach. `CLOSED`: something within reach, and none of it open."""

    NONE = "none"
    CLOSED = "closed"


def unmet_reason(found: Sequence[tuple[float, str]], *, asked_open: bool) -> Reason | None:
    """Why (distance in metres, open state) of what was found did not help; None when something did.

    Who asked for open shops and has none within reach met closed doors; unknown hours help nobody for sure,
    but may.
    """
    near = [state for distance_m, state in found if distance_m <= NEAR_M]
    if not near:
        return Reason.CLOSED if asked_open else Reason.NONE
    return Reason.CLOSED if all(state == "closed" for state in near) else None
