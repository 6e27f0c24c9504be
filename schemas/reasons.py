"""Why a photo did not become a scene. The explanations are shown to people."""

from __future__ import annotations

from schemas.explained import ExplainedStr
from schemas.photo_limits import SMALLEST_SIDE_PX, WIDEST_ASPECT


class FailureReason(ExplainedStr):
    """Why a photo that should have become a scene did not."""

    UNREADABLE = (
        "unreadable",
        "The file cannot be opened, it changed while it was read, or it is damaged.",
    )
    TRUNCATED = "truncated", "The file is empty, or its end is missing."
    UNSUPPORTED = (
        "unsupported",
        "This image format is not supported, or the RAW file has no preview.",
    )
    TOO_LARGE = "too_large", "The image is far too large to open."
    NOT_A_PHOTO = (
        "not_a_photo",
        "The file does not contain an image, although its name says so.",
    )
    OUT_OF_MEMORY = "out_of_memory", "The computer ran out of memory at this photo."
    MODEL_ERROR = "model_error", "The model did not return a usable scene."
    TIMEOUT = "timeout", "The work on this photo took too long."
    WORKER_LOST = "worker_lost", "The process that worked on this photo died more than once."
    DISK_FULL = "disk_full", "There was no space left for the scene. The next run tries again."


class SkipReason(ExplainedStr):
    """Why a file was left alone on purpose."""

    HIDDEN = (
        "hidden",
        "The name of the file or of its folder marks it as hidden, or as a system file.",
    )
    SIDECAR = "sidecar", "The file holds metadata of a photo, and is not a photo itself."
    VIDEO = "video", "The file is a video."
    OTHER_FILE = "other_file", "The suffix of the file is not that of a photo."
    EXCLUDED = (
        "excluded",
        "A rule excludes it (--exclude or --include), or a program's folder of copies holds it.",
    )
    TOO_SMALL = (
        "too_small",
        f"The image is smaller than {SMALLEST_SIDE_PX} pixels "
        "('ingest --allow-small' includes it).",
    )
    TOO_WIDE = (
        "too_wide",
        f"The image is wider than {WIDEST_ASPECT:g}:1 ('ingest --allow-wide' includes it).",
    )
    PANORAMA_360 = (
        "panorama_360",
        "The image is a 360° panorama ('ingest --allow-360' includes it).",
    )
    FISHEYE = "fisheye", "The image is from a fisheye lens, whose view no flat picture has."
    ALREADY_3D = "already_3d", "The file is a 3D scene already."
    OWN_EXPORT = "own_export", "The file was exported from a library by this program."
