"""One stored scene, shared by all renders of it: read and prepared at most once."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cached_property

from pipeline.scenes.read import intrinsics_of, renderer_here
from sharp_core.formats.scene import SceneInfo
from sharp_core.render.api import Renderer
from sharp_core.scene.cameras import Intrinsics
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.clips import ClipSettings, StillSettings, make_clip, make_still
from sharp_core.views.encode_clip import CLIP_FORMATS
from sharp_core.views.front import front_of


class SceneRenders:
    """A scene that is read on first use. Not thread-safe."""

    def __init__(self, read: Callable[[], Gaussians], info: SceneInfo, threads: int) -> None:
        self._read = read
        self._threads = threads
        self.info = info

    @cached_property
    def gaussians(self) -> Gaussians:
        """The scene."""
        return self._read()

    @cached_property
    def in_view(self) -> Gaussians:
        """What pictures and clips show: of a 360° scene the part to its front."""
        return front_of(self.gaussians, self.photo) if self.info.is_360 else self.gaussians

    @cached_property
    def photo(self) -> Intrinsics:
        """The camera of the photo that the scene was made of."""
        return intrinsics_of(self.info)

    @cached_property
    def renderer(self) -> Renderer:
        """The prepared renderer of the scene."""
        return renderer_here(self.in_view, threads=self._threads)

    def clip(self, suffix: str, settings: ClipSettings) -> bytes:
        """Return a clip of the format with that suffix. Raises as `make_clip` does."""
        buffer = io.BytesIO()
        make_clip(buffer, CLIP_FORMATS[suffix], self.in_view, self.photo, settings, self.renderer)
        return buffer.getvalue()

    def still(self, settings: StillSettings) -> bytes:
        """Return a PNG. Raises as `make_still` does."""
        buffer = io.BytesIO()
        make_still(buffer, self.in_view, self.photo, settings, self.renderer)
        return buffer.getvalue()
