"""Shapes simplified for each zoom, so that neighbours keep one border between them.

Areas that tile the ground without gap or overlap are simplified as one coverage: a shared border is a single
line to it (Visvalingam and Whyatt 1993). Other areas are put on a common grid. Lines keep their ends.
"""

import threading
from functools import cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
FINE_PX: Final = 0.5  # what a zoom does without is smaller
_STAGES: Final = (14, 11, 8, 5, 2)  # each is simplified from the one before; deeper zooms show all there is
_SPARSE_PX: Final = 2.0  # outlines whose vertices are so far apart have next to nothing to leave out


class Simplified:
    """Areas or lines in steps of the world's grid, and what of them each zoom needs."""

    def __init__(self, shapes: Shapes, *, areas: bool, px_steps: float) -> None:
        """Keep the shapes.

        Args:
            shapes: valid polygons (``areas``) or lines, MultiPolygons and MultiLineStrings among them.
            px_steps: grid steps to a px at zoom 0.
        """
        self._shapes, self._areas, self._px_steps = shapes, areas, px_steps
        self._stages: dict[int, Shapes] = {}
        self._lock = threading.Lock()

    def at(self, z: int, tolerance_px: float) -> Shapes:
        """Return the shapes without what is smaller than a tolerance at a zoom.

        An area that the common grid swallows is empty.
        """
        if not len(self._shapes):
            return self._shapes
        if self._shows_all(z):
            source = self._shapes
        else:
            with self._lock:
                source = self._stage(min(stage for stage in _STAGES if stage >= z))
        if tolerance_px == FINE_PX and (self._shows_all(z) or z in _STAGES):
            return source
        return self._without(source, self._steps(z, tolerance_px))

    @cached_property
    def _is_coverage(self) -> bool:
        return bool(shapely.coverage_is_valid(self._shapes))

    @cached_property
    def _spacing(self) -> float:
        """Steps from vertex to vertex, on the whole."""
        vertices = int(shapely.get_num_coordinates(self._shapes).sum())
        return float(shapely.length(self._shapes).sum()) / vertices

    def _shows_all(self, z: int) -> bool:
        return z > _STAGES[0] or self._spacing >= self._steps(z, _SPARSE_PX)

    def _stage(self, stage: int) -> Shapes:
        if self._shows_all(stage):
            return self._shapes
        if stage not in self._stages:
            place = _STAGES.index(stage)
            source = self._stage(_STAGES[place - 1]) if place else self._shapes
            self._stages[stage] = self._without(source, self._steps(stage, FINE_PX))
        return self._stages[stage]

    def _steps(self, z: int, px: float) -> float:
        return px * self._px_steps / float(1 << z)

    def _without(self, shapes: Shapes, tolerance: float) -> Shapes:
        if not self._areas:
            simpler: Shapes = shapely.simplify(shapes, tolerance, preserve_topology=False)
        elif self._is_coverage:
            simpler = shapely.coverage_simplify(shapes, tolerance)
        else:
            simpler = shapely.set_precision(shapes, tolerance)
        return simpler
