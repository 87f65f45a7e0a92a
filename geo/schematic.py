"""Divide an outline schematically into cells around given centres, for places whose borders are not public.

The cells are a power diagram (weighted Voronoi diagram; Aurenhammer 1987) clipped to the outline. Its
weights are adjusted until the cells have the wanted areas, as far as every centre stays in its own cell.
A result is a drawing aid and must be labelled as schematic wherever it is shown.
"""

from collections.abc import Callable, Sequence
from typing import Final, cast

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Shapes = NDArray[np.object_]
Cell = Polygon | MultiPolygon
GRID_DEG: Final = 1e-7  # vertices lie on this grid, about 1 cm
_KM_PER_DEG: Final = 111.195  # mean sphere
_STEP: Final = 0.8  # part of each area error corrected per iteration
_REACH: Final = 0.8  # a neighbour's border stays this far (of the squared gap) from swallowing a centre


def power_cells(
    seeds_lonlat: ArrayLike,
    weights: ArrayLike | None,
    outline: Polygon | MultiPolygon,
    iterations: int = 60,
) -> list[Cell]:
    """Divide ``outline`` into one cell per seed, in the order of the seeds.

    Args:
        seeds_lonlat: n centres, shape (n, 2), degrees, all different and inside the outline.
        weights: n wanted areas in km2 (only their proportions count; the outline's own area is shared out),
            or ``None`` for plain nearest-centre cells.
        outline: valid polygon in degrees.
        iterations: how often the weights are adjusted; 0 leaves plain nearest-centre cells.

    Returns:
        n valid polygons that cover the outline without gap or overlap: neighbours share the very same
        vertices, on a grid of 1e-7 degrees. A cell has several parts only where
        the outline has (islands).
        The same arguments give the same cells.

    Raises:
        ValueError: a seed outside or repeated, a weight that is not positive, an invalid outline.
    """
    seeds, targets = _checked(seeds_lonlat, weights, outline)
    flat = _Flat(outline)
    centres = flat.to_km(seeds)
    powers = np.zeros(len(seeds))
    if targets is not None:
        ground = shapely.transform(outline, flat.to_km)
        powers = _balanced(centres, targets * ground.area / targets.sum(), ground, iterations)
    frame = _frame(shapely.transform(outline, flat.to_km))
    rough = [Polygon(flat.to_deg(_cell(centres, powers, which, frame))) for which in range(len(seeds))]
    faces, owners = _faces(rough, outline, lambda points: _owner(flat.to_km(points), centres, powers))
    parts, owners = _give_strays(*_merge(faces, owners), seeds)
    cells, _ = _merge(parts, owners, whole=True)
    return [cast(Cell, cell.normalize()) for cell in cells]


class _Flat:
    """A flat map in km around the middle of an outline: straight lines stay straight, areas nearly true."""

    def __init__(self, outline: Cell) -> None:
        west, south, east, north = outline.bounds
        self._origin = np.array([(west + east) / 2.0, (south + north) / 2.0])
        self._scale = np.array([_KM_PER_DEG * np.cos(np.radians(self._origin[1])), _KM_PER_DEG])

    def to_km(self, degrees: Floats) -> Floats:
        """Return km east and north of the middle."""
        km: Floats = (degrees - self._origin) * self._scale
        return km

    def to_deg(self, km: Floats) -> Floats:
        """Return degrees again."""
        degrees: Floats = km / self._scale + self._origin
        return degrees


def _checked(
    seeds_lonlat: ArrayLike, weights: ArrayLike | None, outline: Cell
) -> tuple[Floats, Floats | None]:
    seeds = np.asarray(seeds_lonlat, dtype=np.float64)
    if seeds.ndim != 2 or seeds.shape[1] != 2 or len(seeds) == 0:
        raise ValueError(f"seeds must be an array of shape (n, 2), not {seeds.shape}")
    if len(np.unique(seeds, axis=0)) < len(seeds):
        raise ValueError("two seeds are at one place: move one of them")
    if outline.is_empty or not outline.is_valid:
        reason = "empty" if outline.is_empty else shapely.is_valid_reason(outline)
        raise ValueError(f"the outline is not valid ({reason}): run geo.repair first")
    outside = np.flatnonzero(~shapely.contains_xy(outline, seeds[:, 0], seeds[:, 1]))
    if len(outside):
        raise ValueError(f"seeds {outside.tolist()} are not inside the outline: move them")
    if weights is None:
        return seeds, None
    targets = np.asarray(weights, dtype=np.float64)
    if targets.shape != (len(seeds),) or not (np.isfinite(targets) & (targets > 0)).all():
        raise ValueError("weights must be one positive area in km2 for each seed")
    return seeds, targets


def _balanced(centres: Floats, targets_km2: Floats, ground: Cell, iterations: int) -> Floats:
    """Return powers (km2) whose cells have nearly the wanted areas; the best set met on the way."""
    frame = _frame(ground)
    powers = best = np.zeros(len(centres))
    smallest = np.inf
    for round_number in range(iterations + 1):
        cells = [Polygon(_cell(centres, powers, which, frame)) for which in range(len(centres))]
        error = targets_km2 - shapely.area(shapely.intersection(cells, ground))
        if np.abs(error).max() < smallest:
            smallest, best = np.abs(error).max(), powers
        if round_number < iterations:
            # A disc of power w has the area pi w; a real cell answers about as strongly.
            powers = _within_reach(powers + _STEP * error / np.pi, centres)
    return best


def _within_reach(powers: Floats, centres: Floats) -> Floats:
    """Raise powers until no centre lies in another's cell: that is w_j - w_i < d_ij squared."""
    gaps = ((centres[:, None, :] - centres[None, :, :]) ** 2).sum(axis=-1) * _REACH
    np.fill_diagonal(gaps, 0.0)
    for _ in range(len(centres)):  # like shortest paths: settled after at most n rounds
        powers = np.max(powers[None, :] - gaps, axis=1)
    centred: Floats = powers - powers.mean()
    return centred


def _frame(ground: Cell) -> Floats:
    """Return the corners of a rectangle well around the ground, anticlockwise."""
    west, south, east, north = ground.bounds
    pad = 0.1 * max(east - west, north - south)
    west, south, east, north = west - pad, south - pad, east + pad, north + pad
    return np.array([[west, south], [east, south], [east, north], [west, north]])


def _cell(centres: Floats, powers: Floats, which: int, frame: Floats) -> Floats:
    """Return the corners of one cell: the frame cut by the power bisector with every other centre."""
    corners = frame
    for other in range(len(centres)):
        if other != which:
            normal = 2.0 * (centres[other] - centres[which])
            apart = (centres[other] ** 2).sum() - (centres[which] ** 2).sum()
            limit = apart + powers[which] - powers[other]
            corners = _half_plane(corners, normal, float(limit))
    return corners


def _half_plane(corners: Floats, normal: Floats, limit: float) -> Floats:
    """Keep the part of a convex polygon where ``normal . x <= limit`` (Sutherland and Hodgman 1974)."""
    excess = corners @ normal - limit
    kept: list[Floats] = []
    for here, there in zip(range(len(corners)), np.roll(np.arange(len(corners)), -1), strict=True):
        if excess[here] <= 0.0:
            kept.append(corners[here])
        if excess[here] * excess[there] < 0.0:
            share = excess[here] / (excess[here] - excess[there])
            kept.append(corners[here] + share * (corners[there] - corners[here]))
    return np.array(kept)


def _owner(points_km: Floats, centres: Floats, powers: Floats) -> NDArray[np.intp]:
    gaps = ((points_km[:, None, :] - centres[None, :, :]) ** 2).sum(axis=-1)
    nearest: NDArray[np.intp] = np.argmin(gaps - powers, axis=1)
    return nearest


def _faces(
    rough: Sequence[Polygon], outline: Cell, owner_of: Callable[[Floats], Numbers]
) -> tuple[Shapes, Numbers]:
    """Cut the outline along the borders of the rough cells, each border drawn once and shared by both sides.

    All lines are noded together on the grid, and every face between them goes to one owner: so no rounding
    can open a gap or make an overlap.
    """
    ground = shapely.set_precision(outline, GRID_DEG)
    lines = [ground.boundary, *(cell.boundary for cell in rough)]
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_DEG))
    faces = shapely.get_parts(shapely.polygonize(noded))
    middles = shapely.get_coordinates(shapely.point_on_surface(faces))
    inside = shapely.contains_xy(ground, middles[:, 0], middles[:, 1])
    faces, middles = faces[inside], middles[inside]
    return faces, owner_of(middles)


def _merge(faces: Shapes, owners: Numbers, *, whole: bool = False) -> tuple[Shapes, Numbers]:
    """Join the faces of each owner, in order of owners; connected parts are kept apart unless ``whole``."""
    numbers = np.unique(owners)
    cells = np.array([shapely.coverage_union_all(faces[owners == one]) for one in numbers], dtype=object)
    if whole:
        return cells, numbers
    parts, cell_of_part = shapely.get_parts(cells, return_index=True)
    return parts, numbers[cell_of_part]


def _give_strays(parts: Shapes, owners: Numbers, seeds: Floats) -> tuple[Shapes, Numbers]:
    """Give a part that a bend of the outline cuts off from its centre to the neighbour it borders longest."""
    homes = np.flatnonzero(shapely.contains_xy(parts, *seeds[owners].T))
    settled = owners.copy()
    for stray in np.setdiff1d(np.arange(len(parts)), homes):
        borders = shapely.intersection(shapely.boundary(parts[stray]), shapely.boundary(parts[homes]))
        lengths = shapely.length(borders)
        if lengths.max(initial=0.0) > 0.0:  # an island borders nobody and stays
            settled[stray] = owners[homes[lengths.argmax()]]
    return parts, settled
