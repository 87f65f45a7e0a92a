"""Pure geometry for maps of pharmacies: coordinate systems, areas, distances. It imports nothing of ours.

Everything is vectorised, deterministic and free of clocks, files (but for :func:`read_topojson`) and
databases. Degrees are (longitude, latitude) in WGS-84 unless a :class:`Crs` says otherwise; distances are
metres (``_m``) and areas square metres (``_m2``).
"""

from geo.assign import PLACES, area_mismatch, assign
from geo.border import distance_to_area_m
from geo.crs import Crs, from_wgs84, geometry_to_wgs84, to_wgs84
from geo.distance import MEAN_EARTH_RADIUS_M, geodesic_m, haversine_m
from geo.hexgrid import HexGrid, grid_for, neighbours
from geo.hotspot import false_discovery, gi_star, shuffled_p
from geo.nearest import NearestIndex
from geo.repair import Lost, Repair, Repairs, area_m2, repair
from geo.schematic import power_cells
from geo.tiles import PointTiles, ShapeTiles
from geo.topology import read_topojson, topojson_to_frame

__all__ = [
    "MEAN_EARTH_RADIUS_M",
    "PLACES",
    "Crs",
    "HexGrid",
    "Lost",
    "NearestIndex",
    "PointTiles",
    "Repair",
    "Repairs",
    "ShapeTiles",
    "area_m2",
    "area_mismatch",
    "assign",
    "distance_to_area_m",
    "false_discovery",
    "from_wgs84",
    "geodesic_m",
    "geometry_to_wgs84",
    "gi_star",
    "grid_for",
    "haversine_m",
    "neighbours",
    "power_cells",
    "read_topojson",
    "repair",
    "shuffled_p",
    "to_wgs84",
    "topojson_to_frame",
]
