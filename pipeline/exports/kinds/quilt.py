"""Kind `quilt`: all views of a light field in one picture, for Looking Glass displays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.exports.kind import METADATA, ExportKind, KindGroup

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene
    from schemas.export_settings import ExportSettings


def _write(file: BinaryIO, scene: ExportScene) -> Mapping[str, Any]:
    from pipeline.exports.kinds.images import write_image
    from sharp_core.spatial.quilt import QUILTS, arrange, framed, inner_size
    from sharp_core.views.light_field import ViewShape, plan_light_field, render_light_field

    settings, photo = scene.settings, scene.photo
    quilt = QUILTS[settings.quilt]
    aspect = photo.width / photo.height if settings.whole_frame else quilt.aspect
    shape = ViewShape(quilt.views, *inner_size(quilt, aspect), aspect)
    plan = plan_light_field(scene.renderer, scene.in_view, photo, shape, settings.converge_m)
    views = render_light_field(scene.renderer, plan)
    picture = arrange(quilt, (framed(quilt, view) for view in views))
    write_image(file, scene, picture, seen=plan.view)
    return plan.facts()


def _name_end(settings: ExportSettings) -> str:
    from sharp_core.spatial.quilt import QUILTS

    return QUILTS[settings.quilt].name_end


QUILT = ExportKind(
    "quilt",
    "many views in one picture: Looking Glass displays (--quilt)",
    KindGroup.LIGHT_FIELDS,
    ".{image}",
    _write,
    ("quilt", "whole_frame", "converge_m", "image_format", *METADATA),
    name_end=_name_end,
    usual_bytes=6_000_000,
    usual_seconds=60.0,
)
