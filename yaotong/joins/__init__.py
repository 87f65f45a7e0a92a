"""Joins: where each pharmacy lies, and what does not fit with what its register claims."""

from yaotong.joins.placing import leaf_areas, place, quality

__all__ = ["leaf_areas", "place", "quality"]
