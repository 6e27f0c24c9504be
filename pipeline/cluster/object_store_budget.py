"""How many photos may be on their way at once, so that the object store need not spill to disk.

A photo begins when there is room for its pixels and for its scene. So whatever is on its way can be
finished, whichever stage is the slowest.
"""

from __future__ import annotations

from collections import deque

_STORE_SHARE = 0.8  # of the object store: beyond that, Ray spills (object_spilling_threshold)
_USUAL_PIXELS = 3 * 12_000_000  # bytes; of photos, before any has been decoded
_RECENT = 64  # photos, by which those to come are estimated


class ObjectStoreBudget:
    """The object store of a run, in bytes."""

    def __init__(self, store_bytes: int, scene_bytes: int) -> None:
        self._scene_bytes = scene_bytes
        self._recent_pixels = deque([_USUAL_PIXELS], _RECENT)
        self.resize(store_bytes)

    def resize(self, store_bytes: int) -> None:
        """Set how large the store is now."""
        self._bytes = int(_STORE_SHARE * store_bytes)

    def record_size(self, pixel_bytes: int) -> None:
        """Learn how large photos are from one that has been decoded."""
        self._recent_pixels.append(pixel_bytes)

    def fits_another(self, decoding: int, decoded: int, decoded_bytes: int, encoding: int) -> bool:
        """Tell whether one more photo fits beside those on their way; the first one always does.

        Pixels of the `decoding` are estimated as the average of recent photos, and those of one of
        them as the largest. The `decoded` hold `decoded_bytes`; the `encoding` are scenes only.
        """
        scenes = decoding + decoded + encoding
        needed = decoded_bytes
        needed += decoding * sum(self._recent_pixels) // len(self._recent_pixels)
        needed += max(self._recent_pixels)
        needed += (scenes + 1) * self._scene_bytes
        return needed <= self._bytes or scenes == 0
