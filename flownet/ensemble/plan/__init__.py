"""What a sweep is to do, and its members on their way."""

from ._plan import Plan
from ._tile import run_tile, tile_size

__all__ = ["Plan", "run_tile", "tile_size"]
