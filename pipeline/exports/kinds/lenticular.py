"""Kind `lenticular`: a print that shows depth behind a sheet of lenses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.exports.kind import METADATA, ExportKind, KindGroup
from schemas.export_settings import MOST_PRINT_DOTS, ExportSettings

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene
    from sharp_core.scene.cameras import Intrinsics
    from sharp_core.spatial.lenticular import LensPrint


def _write(file: BinaryIO, scene: ExportScene) -> Mapping[str, Any]:
    from pipeline.exports.kinds.images import write_png
    from sharp_core.spatial.lenticular import interlace
    from sharp_core.views.light_field import ViewShape, plan_light_field, render_light_field

    settings, photo = scene.settings, scene.photo
    printed = _print_of(settings, photo)
    # A view has one sample per lens across, and one per dot down.
    shape = ViewShape(printed.views, printed.lenses, printed.height, printed.aspect)
    plan = plan_light_field(scene.renderer, scene.in_view, photo, shape, settings.converge_m)
    picture = interlace(printed, render_light_field(scene.renderer, plan))
    write_png(file, scene, picture, seen=plan.view, dpi=settings.dpi)
    return plan.facts()


def _print_of(settings: ExportSettings, photo: Intrinsics) -> LensPrint:
    from sharp_core.spatial.lenticular import lens_print

    return lens_print(
        settings.print_width_mm,
        photo.width / photo.height,
        settings.lpi,
        settings.dpi,
        settings.lens_views,
    )


def _refuses(settings: ExportSettings, photo: Intrinsics) -> str:
    """Refuse photos whose prints are too tall. The width is limited by the settings themselves."""
    height = _print_of(settings, photo).height
    if height <= MOST_PRINT_DOTS:
        return ""
    return (
        f"a print of {settings.print_width_mm:g} mm at {settings.dpi} DPI has {height:,} dots "
        f"down, and at most {MOST_PRINT_DOTS:,} can be made: choose a lower --dpi or "
        "--print-width-mm"
    )


LENTICULAR = ExportKind(
    "lenticular",
    "a print for a sheet of lenses (--lpi, --dpi)",
    KindGroup.LIGHT_FIELDS,
    "_lenticular.png",
    _write,
    ("lpi", "dpi", "print_width_mm", "lens_views", "converge_m", *METADATA),
    refuses=_refuses,
    usual_bytes=25_000_000,
    usual_seconds=15.0,
)
