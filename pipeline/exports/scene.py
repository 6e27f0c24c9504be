"""One photo's scene, shared by all kinds of exports that are made from it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pipeline.exports.metadata import SCREEN_DPI, photo_exif, picture_exif
from pipeline.scenes.read import read_stored, unreadable
from pipeline.scenes.reduce import ReducedGaussians, reduce_scene
from pipeline.scenes.scene_info import info_of_stored
from pipeline.scenes.views import SceneRenders
from pipeline.store.layout import ThumbnailPath
from pipeline.store.store import Store
from schemas.errors import UsageError
from schemas.export_settings import ExportSettings
from schemas.outcomes import SceneReduced
from schemas.records import PhotoRecord, SceneFile
from sharp_core.containers.exif import Exif
from sharp_core.render.result import RenderResult
from sharp_core.scene.cameras import Camera, Intrinsics, eye_viewmat, fit_long_side, target_depth
from sharp_core.scene.gaussians import Gaussians
from sharp_core.views.comfort import ComfortSettings
from sharp_core.views.stereo_images import StereoImages, StereoPlan, plan_stereo, render_stereo


class ExportScene(SceneRenders):
    """A scene, its photo's metadata and its stereo pair, each computed on first use."""

    def __init__(
        self,
        scene: SceneFile,
        record: PhotoRecord,
        settings: ExportSettings,
        library: Store,
        threads: int,
    ) -> None:
        info = info_of_stored(scene)
        self._library = library
        self._splat_path = scene.splat_path
        super().__init__(lambda: read_stored(library, scene.splat_path).gaussians, info, threads)
        self.record = record
        self.settings = settings
        self.file = scene.photo

    def stored_bytes(self) -> bytes:
        """Return the scene's file as the library holds it. Raises PhotoError."""
        try:
            return self._library.read_bytes(self._splat_path)
        except OSError as error:  # of the scene's file, not of the export's
            raise unreadable(self._library.address(self._splat_path), error) from error

    def thumbnail_bytes(self) -> bytes | None:
        """Return the photo's thumbnail as the library holds it; None where it is missing."""
        try:
            return self._library.read_bytes(ThumbnailPath(self.record.photo_id).path)
        except FileNotFoundError:
            return None

    @property
    def is_whole(self) -> bool:
        """Whether the scene has no more Gaussians than the settings allow."""
        most = self.settings.max_gaussians
        return most is None or (self.record.gaussians or 0) <= most

    @cached_property
    def reduced(self) -> ReducedGaussians | None:
        """The scene within the budget of the settings; None where it is within it already."""
        most = self.settings.max_gaussians
        if most is None:
            return None
        return reduce_scene(self.gaussians, self.info, most, self._threads)

    @property
    def within_budget(self) -> Gaussians:
        """The scene with at most as many Gaussians as the settings allow."""
        return self.gaussians if self.reduced is None else self.reduced.gaussians

    @property
    def loss(self) -> SceneReduced | None:
        """What the budget has cost; None where nothing was merged so far."""
        reduced = self.__dict__.get("reduced")
        return reduced.loss if reduced is not None else None

    @cached_property
    def stereo(self) -> StereoPlan:
        """The cameras of the two eyes."""
        return plan_stereo(
            self.renderer, self.photo, self.settings.long_side, comfort_of(self.settings)
        )

    @cached_property
    def eyes(self) -> StereoImages:
        """The images of the two eyes."""
        return render_stereo(self.renderer, self.stereo)

    @cached_property
    def front(self) -> RenderResult:
        """The view of the photo's own camera."""
        seen = fit_long_side(self.photo, self.settings.long_side)
        viewmat = eye_viewmat((0.0, 0.0, 0.0), target_depth(self.in_view))
        return self.renderer.render(Camera(seen, viewmat))

    @cached_property
    def exif(self) -> Exif:
        """The part of the photo's EXIF that its exports keep."""
        return photo_exif(self.record, self.file.media_type, strip_gps=self.settings.strip_gps)

    def exif_of(
        self, width: int, height: int, seen: Intrinsics | None = None, dpi: int = SCREEN_DPI
    ) -> bytes:
        """Return the EXIF of an image; without `seen`, of an eye's image."""
        return picture_exif(self.exif, seen or self.stereo.view, width, height, dpi)

    def facts(self) -> dict[str, Any]:
        """Return the stereo parameters chosen for this scene, if it was rendered in stereo."""
        if "stereo" not in self.__dict__:
            return {}
        plan = self.stereo
        return {
            "baseline_mm": round(1000 * plan.baseline_m, 3),
            "disparity": round(plan.adjustment, 5),
            "screen_m": round(plan.screen_m(plan.behind_px), 3) if plan.behind_px else None,
            "near_m": round(plan.depth.near_m, 3),
            "far_m": round(plan.depth.far_m, 3),
            "zoom": round(plan.zoom, 4),
        }


def comfort_of(settings: ExportSettings) -> ComfortSettings:
    """Return the settings of a stereo pair. Raises UsageError if they are invalid."""
    try:
        return ComfortSettings(settings.baseline_mm, settings.converge_m, settings.max_disparity)
    except ValueError as error:
        raise UsageError(str(error)) from error
