"""sharp-batch for other programs: libraries, models, scenes, views, formats and exports.

    import sharp_batch as sb

    with sb.open_library("sharp-library") as library:
        for scene in library.scenes(sb.Filters(with_depth=True, limit=10)):
            gaussians = scene.read().gaussians

This package shows names of `schemas`, `sharp_core` and `pipeline`, and has no code of its own.
docs/how-to/python.md explains them. Nothing here prints. Errors are SharpBatchErrors: `message`
says what happened and to which file, `hint` what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.program import VERSION as __version__  # noqa: N811 - the name of its kind
from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from pipeline.access.load_model import LoadedModel, PredictedPhoto, load_model
    from pipeline.access.open_library import LibraryScene, OpenLibrary, open_library
    from pipeline.catalog.filter_values import GeoCircle
    from pipeline.catalog.filters import Filters
    from pipeline.exports.kind import ExportKind
    from pipeline.exports.registry import KINDS
    from pipeline.exports.scene import ExportScene
    from pipeline.scan.samples import sample_photos
    from pipeline.scenes.read import read_splat_file
    from pipeline.scenes.view_camera import view_camera
    from pipeline.scenes.write import write_splat_file
    from schemas.choices import Device, DType
    from schemas.errors import (
        FormatError,
        LibraryBusyError,
        MissingToolError,
        PhotoError,
        RunError,
        SharpBatchError,
        StoreError,
        UsageError,
        WeightsError,
        WeightsMissingError,
    )
    from schemas.export_settings import ExportSettings
    from schemas.reasons import FailureReason, SkipReason
    from schemas.records import FocalSource, PhotoRecord, PhotoState, ScaleSource
    from schemas.registry import Lazy
    from schemas.settings import ModelSettings, PhotoSettings
    from sharp_core.formats.entry import SplatFormat
    from sharp_core.formats.registry import FORMATS
    from sharp_core.formats.scene import SceneInfo, StoredScene
    from sharp_core.models.entry import DownloadedWeights, ModelEntry
    from sharp_core.models.given_weights import GivenWeights
    from sharp_core.models.interface import PredictedScene, Predictor, PredictorInput
    from sharp_core.models.registry import MODELS
    from sharp_core.models.two_layer.lift import lift_to_gaussians
    from sharp_core.render.api import make_renderer, render
    from sharp_core.render.result import RenderResult, to_srgb8
    from sharp_core.scene.cameras import Camera, Intrinsics, look_at
    from sharp_core.scene.gaussians import GaussianArrays, Gaussians

__all__ = [
    "FORMATS",
    "KINDS",
    "MODELS",
    "Camera",
    "DType",
    "Device",
    "DownloadedWeights",
    "ExportKind",
    "ExportScene",
    "ExportSettings",
    "FailureReason",
    "Filters",
    "FocalSource",
    "FormatError",
    "GaussianArrays",
    "Gaussians",
    "GeoCircle",
    "GivenWeights",
    "Intrinsics",
    "Lazy",
    "LibraryBusyError",
    "LibraryScene",
    "LoadedModel",
    "MissingToolError",
    "ModelEntry",
    "ModelSettings",
    "OpenLibrary",
    "PhotoError",
    "PhotoRecord",
    "PhotoSettings",
    "PhotoState",
    "PredictedPhoto",
    "PredictedScene",
    "Predictor",
    "PredictorInput",
    "RenderResult",
    "RunError",
    "ScaleSource",
    "SceneInfo",
    "SharpBatchError",
    "SkipReason",
    "SplatFormat",
    "StoreError",
    "StoredScene",
    "UsageError",
    "WeightsError",
    "WeightsMissingError",
    "__version__",
    "lift_to_gaussians",
    "load_model",
    "look_at",
    "make_renderer",
    "open_library",
    "read_splat_file",
    "render",
    "sample_photos",
    "to_srgb8",
    "view_camera",
    "write_splat_file",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "pipeline.access.load_model": "LoadedModel PredictedPhoto load_model",
            "pipeline.access.open_library": "LibraryScene OpenLibrary open_library",
            "pipeline.catalog.filter_values": "GeoCircle",
            "pipeline.catalog.filters": "Filters",
            "pipeline.exports.kind": "ExportKind",
            "pipeline.exports.registry": "KINDS",
            "pipeline.exports.scene": "ExportScene",
            "pipeline.scan.samples": "sample_photos",
            "pipeline.scenes.read": "read_splat_file",
            "pipeline.scenes.view_camera": "view_camera",
            "pipeline.scenes.write": "write_splat_file",
            "schemas.choices": "Device DType",
            "schemas.errors": "FormatError LibraryBusyError MissingToolError PhotoError RunError "
            "SharpBatchError StoreError UsageError WeightsError WeightsMissingError",
            "schemas.export_settings": "ExportSettings",
            "schemas.reasons": "FailureReason SkipReason",
            "schemas.records": "FocalSource PhotoRecord PhotoState ScaleSource",
            "schemas.registry": "Lazy",
            "schemas.settings": "ModelSettings PhotoSettings",
            "sharp_core.formats.entry": "SplatFormat",
            "sharp_core.formats.registry": "FORMATS",
            "sharp_core.formats.scene": "SceneInfo StoredScene",
            "sharp_core.models.entry": "DownloadedWeights ModelEntry",
            "sharp_core.models.given_weights": "GivenWeights",
            "sharp_core.models.interface": "PredictedScene Predictor PredictorInput",
            "sharp_core.models.registry": "MODELS",
            "sharp_core.models.two_layer.lift": "lift_to_gaussians",
            "sharp_core.render.api": "make_renderer render",
            "sharp_core.render.result": "RenderResult to_srgb8",
            "sharp_core.scene.cameras": "Camera Intrinsics look_at",
            "sharp_core.scene.gaussians": "GaussianArrays Gaussians",
        },
        are_inside=False,
    )
