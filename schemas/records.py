"""What is known about one photo, stage by stage: each record is frozen and is made once.

PhotoFile -> PhotoMeta -> DecodedPhoto -> SceneRecord, then an outcome (`schemas.outcomes`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from schemas.context import ContextSource
from schemas.explained import ExplainedStr
from schemas.quality import QualityFlag, SceneScore

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class MediaType(StrEnum):
    """What a file is by its content, whatever its name says."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    HEIF = "heif"  # HEIC too: the container is the same
    AVIF = "avif"
    JXL = "jxl"  # JPEG XL
    DNG = "dng"
    RAW = "raw"  # CR2, CR3, NEF, ARW, RAF, ORF, RW2, PEF, SRW and their like
    GIF = "gif"
    UNKNOWN = "unknown"
    UNREAD = "unread"  # the file could not be read: its photo_id is made of its path


class PhotoState(StrEnum):
    """The state of a photo in the library."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    DUE = "due"


class RunState(StrEnum):
    """The state of a run in the catalog."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


DEFAULT_FOCAL_35MM = 30.0  # a phone's main camera or a common zoom at its wide end


class FocalSource(ExplainedStr):
    """Where a focal length comes from, most trusted first."""

    USER = "user", "set by you"
    INTRINSICS = "intrinsics", "from the camera's calibration, stored in the file"
    EXIF_35MM = "exif_35mm", "from the 35 mm equivalent in the photo"
    EXIF_SENSOR = "exif_sensor", "from the lens and the sensor's resolution"
    CAMERA_TABLE = "camera_table", "from the lens and this camera's sensor size"
    EXIF_MM_GUESS = "exif_mm_guess", "estimated from the lens alone"
    SPHERE = "sphere", "of the view to the front of a 360° panorama"
    DEFAULT = "default", f"unknown; a {DEFAULT_FOCAL_35MM:g} mm equivalent is assumed"


class ScaleSource(ExplainedStr):
    """What the metric scale of a scene comes from, most trusted first."""

    DEPTH_MAP = "depth_map", "from the depth map in the photo"
    MODEL = "model", "the model predicts metres"
    GROUND = "ground", "from the ground: 1.4 m below the camera, 1 m if no sky is seen"
    PEOPLE = "people", "from people, who are taken to be 1.7 m tall"
    DEFAULT = "default", "unknown; what is usual for such a photo is assumed"


class ContextKind(StrEnum):
    """What a file beside a photo is."""

    XMP = "xmp"
    TAKEOUT = "takeout"  # JSON of Google Takeout


@dataclass(frozen=True, slots=True)
class ContextFile:
    """A file beside a photo that says something about it, in the state in which it was found."""

    path: str
    kind: ContextKind
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo file that was found and identified. `photo_id` is the hash of its bytes."""

    photo_id: str
    path: str
    size: int
    mtime_ns: int
    media_type: MediaType
    crashes: int = 0  # of workers that had it to themselves, since it last succeeded
    set_focal_35mm: float | None = None  # by a flag or a folder rule; a sidecar is not read yet
    context: tuple[ContextFile, ...] = ()  # the one that counts first


@dataclass(frozen=True, slots=True)
class FocalTags:
    """All that a file says about its focal length. Sizes are in pixels, as the tags give them."""

    focal_mm: float | None = None
    focal_35mm: float | None = None
    plane_pixels_per_mm: float | None = None  # FocalPlaneXResolution with its unit applied
    plane_width: int | None = None  # picture width it was written for, where the camera says so
    exif_width: int | None = None  # ExifImageWidth: may differ from the picture's own
    exif_height: int | None = None
    uncropped_size: tuple[int, int] | None = None  # where the container shows a part of the picture
    off_centre: float = 0.0  # of a crop: from its middle to the lens's, as a share of its side
    digital_zoom: float | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    intrinsics_focal_px: float | None = None  # from the camera's own calibration
    sidecar_focal_35mm: float | None = None


@dataclass(frozen=True, slots=True)
class FocalLength:
    """Focal length in pixels of the upright photo, where it comes from, and doubts about it."""

    px: float
    source: FocalSource
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class PanoramaTags:
    """What a file says of its projection (Google's GPano), in pixels as the tags give them."""

    projection: str | None = None  # "equirectangular", "cylindrical", ..., in lower case
    full_size: tuple[int, int] | None = None  # of the whole sphere
    crop: tuple[int, int, int, int] | None = None  # of the picture in it: left, top, width, height


@dataclass(frozen=True, slots=True)
class SphereWindow:
    """The part of a sphere that an equirectangular picture shows, in pixels of that picture.

    The middle of the whole sphere is the front. Equal pixels are equal angles, both ways.
    """

    width: int  # of the picture
    height: int
    full_width: float  # of 360 degrees
    left: float  # of the picture, from the left end of the whole sphere
    top: float

    @property
    def pixels_per_radian(self) -> float:
        """The focal length of a flat view that shows the middle as large as the picture does."""
        return self.full_width / math.tau


@dataclass(frozen=True, slots=True)
class PhotoMeta:
    """What a file's metadata says. Every field may be missing; a broken tag is a missing one."""

    camera_make: str | None = None
    camera_model: str | None = None
    lens_model: str | None = None
    taken_at: datetime | None = None  # the camera's local time, without a time zone
    taken_at_offset: timedelta | None = None  # local time minus UTC
    latitude: float | None = None  # degrees, south negative
    longitude: float | None = None  # degrees, west negative
    altitude_m: float | None = None  # below sea level negative
    orientation: int = 1  # EXIF orientation 1 to 8 as the file stores it
    is_own_export: bool = False  # this program made the file
    focal: FocalTags = FocalTags()
    taken_at_source: ContextSource | None = field(default=None, compare=False)
    position_source: ContextSource | None = field(default=None, compare=False)
    bracket_bias_ev: float | None = None  # exposure compensation, where the camera bracketed
    is_close_up: bool = False  # taken from less than some 30 cm, says the camera
    panorama: PanoramaTags = PanoramaTags()
    is_lens_corrected: bool = False  # an editor has taken the lens's distortion out


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the library that is safely on disk."""

    path: str  # relative to the library
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class PhotoLook:
    """What the scene of a photo is compared with, and what speaks against a good one."""

    picture: npt.NDArray[np.uint8]  # (H, W, 3) sRGB, the whole photo, some 256 pixels wide
    flags: tuple[QualityFlag, ...]

    def without_picture(self) -> PhotoLook:
        """Return the flags alone, for the catalog."""
        return replace(self, picture=self.picture[:0])


@dataclass(frozen=True, slots=True)
class DecodedPhoto:
    """What is known once a photo is decoded; its pixels travel beside it, since they are large."""

    file: PhotoFile
    meta: PhotoMeta
    focal: FocalLength
    width: int  # of the upright picture
    height: int
    thumb: StoredFile
    seconds: float
    # The depth that the photo carries itself: metres, coarse, NaN where unknown.
    depth_m: npt.NDArray[np.float32] | None = None
    look: PhotoLook | None = None  # None where the quality of the scene is not asked for
    sphere: SphereWindow | None = None  # where the picture is a 360° panorama

    @property
    def view_size(self) -> tuple[int, int]:
        """Width and height of the flat view that the scene begins with: the photo, or its front."""
        if self.sphere is None:
            return self.width, self.height
        across = 2 * self.focal.px  # 90 degrees
        return max(2, 2 * round(across / 2)), max(2, 2 * round(across * 3 / 8))

    @property
    def user_focal_35mm(self) -> float | None:
        """The focal length that a person has set: a flag or a rule before a sidecar."""
        return self.file.set_focal_35mm or self.meta.focal.sidecar_focal_35mm


RECORDED_DEPTHS = (0.01, 0.5, 0.99)  # quantiles of depth that are recorded of each scene


@dataclass(frozen=True, slots=True)
class SceneRecord:
    """One stored scene: its file, how it was made, and its scale."""

    scene_id: str
    photo_id: str
    model: str
    model_fingerprint: str
    format: str
    quality: str | None  # of a SOG
    splat: StoredFile
    gaussians: int
    depth_near_m: float  # RECORDED_DEPTHS: quantiles over the Gaussians
    depth_median_m: float
    depth_far_m: float
    depth_scale: float | None  # by which the photo's own depth has corrected the scene
    scale_source: ScaleSource | None  # None: not known any more
    predict_seconds: float
    encode_seconds: float
    user_focal_35mm: float | None = None  # that a person had set when the scene was made
    score: SceneScore | None = None  # None where it was not measured


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """A stored file that was made of a photo or of its scene."""

    artifact_id: str
    kind: str
    photo_id: str
    scene_id: str | None  # none where it is made of the photo alone
    file: StoredFile
    settings: str | None  # JSON


@dataclass(frozen=True, slots=True)
class SceneFile:
    """A stored scene as later stages read it: its file, and the photo it belongs to."""

    scene_id: str
    photo: PhotoFile
    splat_path: str  # relative to the library
    width: int
    height: int
    focal_px: float
    is_360: bool = False  # goes all around; size and focal length are of the view to its front


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """One photo as a query shows it: with its best scene, if it has one."""

    photo_id: str
    scene_id: str | None
    paths: tuple[str, ...]
    state: str
    reason: str | None
    message: str | None
    model: str | None
    format: str | None
    splat_path: str | None  # relative to the library
    splat_bytes: int | None
    gaussians: int | None
    width: int | None
    height: int | None
    focal_px: float | None
    focal_source: str | None
    taken_at: datetime | None
    taken_at_offset: str | None
    camera_make: str | None
    camera_model: str | None
    lens_model: str | None
    latitude: float | None
    longitude: float | None
    altitude_m: float | None
    depth_near_m: float | None
    depth_median_m: float | None
    created_at: datetime | None  # UTC
    rating: int | None = None
    favorite: bool | None = None
    label: str | None = None
    title: str | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    country: str | None = None
    region: str | None = None
    city: str | None = None
    location: str | None = None
    hidden: bool | None = None
    trashed: bool | None = None
    group_id: str | None = None
    group_kind: str | None = None
    group_rank: int | None = None
    score: float | None = None
    scale_source: str | None = None
    flags: tuple[str, ...] = ()


RECORD_LISTS = ("paths", "keywords", "people", "albums", "flags")  # of a PhotoRecord
