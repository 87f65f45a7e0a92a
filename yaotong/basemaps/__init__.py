"""Base maps: pictures of the ground under ours, fetched by the server so that no page asks another host."""

from yaotong.basemaps.model import Basemap, BasemapFailed, Tile

__all__ = ["Basemap", "BasemapFailed", "Tile"]
