"""The kinds of scene and how often each is drawn.

Each maker fills a builder and returns a `Place`. The ground is y = 0; the camera looks along +z
from about the origin.
"""

from collections.abc import Callable

from sharp_core.training.procedural.builder import SceneBuilder
from sharp_core.training.procedural.indoors import close_up, room
from sharp_core.training.procedural.outdoors import clutter, nature, street
from sharp_core.training.procedural.place import Place

PLACES: dict[str, tuple[Callable[[SceneBuilder], Place], float]] = {
    "room": (room, 0.25),
    "street": (street, 0.25),
    "nature": (nature, 0.25),
    "close_up": (close_up, 0.15),
    "clutter": (clutter, 0.1),
}
"""Each kind of scene: its maker and how often it is drawn."""
