"""Risk scores as the map asks for them: of its day, or of now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from yaotong.reads.risk import Scores, read_scores
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def no_scores() -> None:
    """What there is where nothing is scored."""
    return


def scores_on(
    ws: Workspace, viewer: Viewer, known: date | None, today: date | None
) -> Callable[[date | None, date | None], Scores | None]:
    """Scores of a viewer's shops, by the day asked for (None: the newest) and the day that is shown.

    Of the newest day, overrides are those of `today`, by default of the day shown. There are none where the
    map is as known in the past: scores rest on what is known now.
    """

    def scores(asked: date | None, shown: date | None) -> Scores | None:
        if known is not None or shown is None:
            return None
        return read_scores(ws, viewer, today=today or shown, as_of=asked)

    return scores
