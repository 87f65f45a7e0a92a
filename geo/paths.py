"""Many rings or lines in flat arrays of whole numbers: cut to a box, tidied, and told as a tile's commands.

No geometry library is asked: a ring that rounding has let touch itself is cut as well as any other, and two
areas that share a border get the very same cuts of it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geo import mvt

Places = NDArray[np.int64]
Box = tuple[int, int, int, int]  # least x, least y, largest x, largest y
_MOVE, _LINE, _CLOSE = 9, 2, 15  # MoveTo once; LineTo, to be counted; ClosePath


@dataclass(frozen=True, slots=True)
class Paths:
    """Vertices of p paths, path after path. A ring's first vertex is not said again at its end."""

    x: NDArray[np.signedinteger]
    y: NDArray[np.signedinteger]
    starts: Places  # p + 1: where each path's vertices begin
    part: Places  # p: the polygon or line that a path is of; a polygon's outer ring comes before its holes
    feature: Places  # p: the feature that a path is of; those of one feature follow one another
    hole: NDArray[np.bool_]  # p
    closed: bool

    @property
    def sizes(self) -> Places:
        """Vertices of each path."""
        return np.diff(self.starts)

    def taken(self, chosen: Places) -> Self:
        """Return some of the paths, in the order of ``chosen``."""
        sizes = self.sizes[chosen]
        starts = ends_of(sizes)
        at = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], sizes)
        return self._of(self.x[at], self.y[at], starts, chosen)

    def joined(self, other: Self) -> Self:
        """Return these paths and others, by their parts."""
        pairs = [
            (getattr(self, name), getattr(other, name)) for name in ("x", "y", "part", "feature", "hole")
        ]
        x, y, part, feature, hole = (np.concatenate(pair) for pair in pairs)
        starts = np.concatenate([self.starts, other.starts[1:] + self.starts[-1]])
        both = type(self)(x, y, starts, part, feature, hole, self.closed)
        return both.taken(np.lexsort((hole, part)))

    def packed(self) -> Self:
        """Return the paths in half the room where their coordinates allow it; :meth:`moved` unpacks them."""
        if max(int(np.abs(axis).max(initial=0)) for axis in (self.x, self.y)) >> 31:
            return self
        return self._at(self.x.astype(np.int32), self.y.astype(np.int32))

    def moved(self, east: int, south: int) -> Self:
        """Return the paths shifted."""
        return self._at(self.x.astype(np.int64) + east, self.y.astype(np.int64) + south)

    def clipped(self, box: Box) -> Self:
        """Return what of the paths lies in a box. A cut ring runs along the box's sides."""
        west, north, east, south = box
        if not self.closed:
            return self._lines_within(box)
        cut = self._up_to("x", east)._up_to("y", south)
        cut = cut._mirrored()._up_to("x", -west)._up_to("y", -north)
        return cut._mirrored()

    def rounded(self, step: int) -> Self:
        """Return the paths on a grid of ``step`` units; equal vertices stay equal."""
        if step == 1:
            return self
        half = step // 2
        return self._at((self.x + half) // step * step, (self.y + half) // step * step)

    def tidy(self) -> Self:
        """Return the paths without vertices said twice, without what has no extent, rings turned rightly.

        Outer rings have a positive area (x times the next y less y times the next x, summed), holes a
        negative one. A polygon whose outer ring has no area is left out with its holes.
        """
        if not len(self.x):
            return self
        after = self._next()
        moved = (self.x != self.x[after]) | (self.y != self.y[after])
        if not self.closed:
            moved[self.starts[1:] - 1] = True
        kept = self._only(moved) if not moved.all() else self
        if not self.closed:
            return kept.taken(np.flatnonzero(kept.sizes >= 2))
        areas = kept.areas()
        outer = np.zeros(int(kept.part.max(initial=0)) + 1, dtype=np.bool_)
        outer[kept.part[~kept.hole & (areas != 0)]] = True
        some = np.flatnonzero((areas != 0) & outer[kept.part])
        return kept.taken(some)._turned((areas[some] > 0) == kept.hole[some])

    def areas(self) -> NDArray[np.float64]:
        """Return twice the signed area of each ring; one of more than 2**52 is rounded."""
        after = self._next()
        at = np.repeat(self.starts[:-1], self.sizes)
        x, y = (axis - axis[at] for axis in (self.x, self.y))
        if max(int(np.abs(axis).max(initial=0)) for axis in (x, y)) >> 24:
            x, y = x.astype(np.float64), y.astype(np.float64)
        areas: NDArray[np.float64] = np.add.reduceat(x * y[after] - x[after] * y, self.starts[:-1])
        return areas.astype(np.float64)

    def commands(self) -> tuple[NDArray[np.uint8], Places, Places]:
        """Return the features as commands of a vector tile.

        Returns:
            The commands as varints, feature after feature; where each feature's end; and the features.
        """
        first = np.flatnonzero(np.diff(self.feature, prepend=-1))
        sizes, of_path = self.sizes, np.repeat(np.arange(len(self.starts) - 1), self.sizes)
        bases = ends_of(2 * sizes + (3 if self.closed else 2))
        numbers = np.empty(int(bases[-1]), dtype=np.uint32)
        numbers[bases[:-1]] = _MOVE
        numbers[bases[:-1] + 3] = (sizes - 1) << 3 | _LINE
        if self.closed:
            numbers[bases[1:] - 1] = _CLOSE
        within = np.arange(len(self.x)) - self.starts[of_path]
        at = bases[of_path] + 2 * within + np.where(within == 0, 1, 2)
        for axis, offset in ((self.x, 0), (self.y, 1)):
            steps = np.diff(axis, prepend=0)
            steps[self.starts[first]] = axis[self.starts[first]]
            numbers[at + offset] = mvt.zigzag(steps)
        taken = mvt.widths(numbers)
        bytes_of = np.add.reduceat(taken, bases[first], dtype=np.int64)
        return mvt.varints(numbers, taken), np.cumsum(bytes_of), self.feature[first]

    def _at(self, x: Places, y: Places) -> Self:
        return type(self)(x, y, self.starts, self.part, self.feature, self.hole, self.closed)

    def _of(self, x: Places, y: Places, starts: Places, chosen: Places) -> Self:
        return type(self)(
            x, y, starts, self.part[chosen], self.feature[chosen], self.hole[chosen], self.closed
        )

    def _next(self) -> Places:
        """Each vertex's next on its ring."""
        after = np.arange(1, len(self.x) + 1)
        after[self.starts[1:] - 1] = self.starts[:-1]
        return after

    def _only(self, kept: NDArray[np.bool_]) -> Self:
        """Some of the vertices; paths without any are left out."""
        sizes = np.add.reduceat(kept, self.starts[:-1], dtype=np.int64)
        some = np.flatnonzero(sizes)
        return self._of(self.x[kept], self.y[kept], ends_of(sizes[some]), some)

    def _turned(self, wrong: NDArray[np.bool_]) -> Self:
        """Run some rings the other way round."""
        if not wrong.any():
            return self
        at = np.arange(len(self.x))
        turned = np.repeat(wrong, self.sizes)
        both_ends = np.repeat(self.starts[:-1] + self.starts[1:] - 1, self.sizes)
        at[turned] = both_ends[turned] - at[turned]
        return self._of(self.x[at], self.y[at], self.starts, np.arange(len(self.part)))

    def _mirrored(self) -> Self:
        return self._at(-self.x, -self.y)

    def _up_to(self, axis: str, limit: int) -> Self:
        """Cut rings along a line (Sutherland and Hodgman 1974): what is beyond it comes onto it."""
        along, beside = (self.x, self.y) if axis == "x" else (self.y, self.x)
        inside = along <= limit
        if inside.all():
            return self
        after = self._next()
        reached = inside[after]
        crossing = inside != reached
        counts = crossing.astype(np.int64) + reached
        at = np.cumsum(counts) - counts
        total = int(counts.sum())
        new_along, new_beside = np.full(total, limit), np.empty(total, dtype=np.int64)
        here = np.flatnonzero(crossing)
        new_beside[at[here]] = _crossed(along, beside, here, after[here], inside[here], limit)
        there = np.flatnonzero(reached)
        spot = at[there] + crossing[there]
        new_along[spot], new_beside[spot] = along[after[there]], beside[after[there]]
        sizes = np.add.reduceat(counts, self.starts[:-1])
        some = np.flatnonzero(sizes)
        x, y = (new_along, new_beside) if axis == "x" else (new_beside, new_along)
        return self._of(x, y, ends_of(sizes[some]), some)

    def _lines_within(self, box: Box) -> Self:
        """Cut lines into the pieces that lie in a box (Liang and Barsky 1984)."""
        last = np.zeros(len(self.x), dtype=np.bool_)
        last[self.starts[1:] - 1] = True
        at = np.flatnonzero(~last)
        ends = [(axis[at].astype(np.float64), axis[at + 1].astype(np.float64)) for axis in (self.x, self.y)]
        enter, leave = np.zeros(len(at)), np.ones(len(at))
        for (begin, end), low, high in zip(ends, box[:2], box[2:], strict=True):
            _narrow(enter, leave, begin, end, low, high)
        seen = np.flatnonzero(enter <= leave)
        at, enter, leave = at[seen], enter[seen], leave[seen]
        path = np.repeat(np.arange(len(self.starts) - 1), self.sizes)[at]
        fresh = np.ones(len(at), dtype=np.bool_)
        fresh[1:] = (at[1:] != at[:-1] + 1) | (path[1:] != path[:-1]) | (leave[:-1] < 1) | (enter[1:] > 0)
        counts = 1 + fresh
        spot = np.cumsum(counts) - 1
        drawn = []
        for begin, end in ends:
            axis = np.empty(int(counts.sum()), dtype=np.int64)
            begin, length = begin[seen], (end - begin)[seen]
            axis[spot] = np.rint(begin + leave * length)
            axis[spot[fresh] - 1] = np.rint(begin + enter * length)[fresh]
            drawn.append(axis)
        pieces = np.flatnonzero(fresh)
        starts = np.append(spot[pieces] - 1, len(drawn[0]))
        return self._of(drawn[0], drawn[1], starts, path[pieces])


def marks(
    middles: NDArray[np.float64],
    widths: NDArray[np.float64],
    features: Places,
    first_part: int,
    *,
    closed: bool,
) -> Paths:
    """Return a square, or a dash, for each of what is too small to draw; parts are numbered from one on."""
    half = np.maximum(np.rint(widths / 2.0), 1.0).astype(np.int64)
    x, y = np.floor(middles.T + 0.5).astype(np.int64)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]] if closed else [[-1, 0], [1, 0]])
    all_x, all_y = x[:, None] + half[:, None] * corners[:, 0], y[:, None] + half[:, None] * corners[:, 1]
    starts = np.arange(len(x) + 1) * len(corners)
    part = first_part + np.arange(len(x))
    return Paths(all_x.ravel(), all_y.ravel(), starts, part, features, np.zeros(len(x), np.bool_), closed)


def ends_of(sizes: NDArray[np.integer]) -> Places:
    """Return where runs of such sizes begin, and where the last one ends."""
    starts = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=starts[1:])
    return starts


def _crossed(
    along: Places, beside: Places, one: Places, other: Places, inside: NDArray[np.bool_], limit: int
) -> Places:
    """Where edges meet a line, reckoned from their inner end: the same whichever way an edge is run."""
    inner, outer = np.where(inside, one, other), np.where(inside, other, one)
    part = (limit - along[inner]) / (along[outer] - along[inner])
    at: Places = beside[inner] + np.rint(part * (beside[outer] - beside[inner])).astype(np.int64)
    return at


def _narrow(
    enter: NDArray[np.float64],
    leave: NDArray[np.float64],
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    low: int,
    high: int,
) -> None:
    """Narrow the parts of segments, from `enter` to `leave`, to what lies between two limits of one axis."""
    length = end - begin
    still = length == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - begin) / length, (high - begin) / length
    outside = still & ((begin < low) | (begin > high))
    near, far = np.minimum(first, second), np.maximum(first, second)
    np.copyto(enter, np.maximum(enter, near), where=~still)
    np.copyto(leave, np.minimum(leave, far), where=~still)
    leave[outside] = -1.0
