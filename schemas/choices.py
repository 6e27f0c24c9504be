"""What can be chosen in the settings, where the choices are fixed."""

from __future__ import annotations

from enum import StrEnum

BUNDLED_MODEL = "small"  # what to begin with: it needs no download


class Trajectory(StrEnum):
    """The shape of a clip's camera path."""

    SWIPE = "swipe"  # from left to right
    SHAKE = "shake"  # left and right, then up and down
    ROTATE = "rotate"  # a circle in the image plane of the photo's camera
    ROTATE_FORWARD = "rotate_forward"  # left and right, with a step forward and back


class Device(StrEnum):
    """Where the predictor runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class RenderDevice(StrEnum):
    """Where scenes are rendered."""

    AUTO = "auto"  # the GPU where one can be used
    CPU = "cpu"
    CUDA = "cuda"


class DType(StrEnum):
    """The number format of the predictor."""

    AUTO = "auto"  # bf16 if the device supports it, otherwise fp32
    FP32 = "fp32"  # float32 throughout
    TF32 = "tf32"  # float32; CUDA rounds the inputs of matrix products to 10 bits
    BF16 = "bf16"  # bfloat16 with sums in float32; the last layers in float32
    FP16 = "fp16"  # float16 likewise; overflows above 65504


class PreviewKind(StrEnum):
    """What a preview is."""

    CLIP = "clip"  # MP4 that loops
    WEBP = "webp"
    GIF = "gif"
    DEPTH = "depth"  # MP4 of depths in colours
    STILL = "still"  # PNG


class ImageFormat(StrEnum):
    """How flat stereo pictures are stored."""

    JPEG = "jpeg"
    PNG = "png"


class QuiltDevice(StrEnum):
    """The Looking Glass display that a quilt is for."""

    GO = "go"
    PORTRAIT = "portrait"
    LANDSCAPE_16 = "16-landscape"
    PORTRAIT_16 = "16-portrait"
    LANDSCAPE_32 = "32-landscape"
    PORTRAIT_32 = "32-portrait"
    LANDSCAPE_65 = "65-landscape"
    FIRST_8_9 = "8.9-first"  # of the first generation
    FIRST_16 = "16-first"  # 15.6 inches, and the second generation's 16
    FIRST_8K = "8k-first"  # and the second generation's 32


class StereoLayout(StrEnum):
    """How both eyes lie in one image."""

    AUTO = "auto"  # as the file or its name tells
    SBS = "sbs"  # side by side, left eye left
    HALF_SBS = "half-sbs"  # the same, each squeezed to half its width
    CROSS = "cross"  # side by side, right eye left
    TB = "tb"  # left eye above


class LengthUnit(StrEnum):
    """The unit of distances in a data set."""

    M = "m"
    MM = "mm"


class DatasetSplit(StrEnum):
    """Which scenes of a data set, where it has lists."""

    EVALUATION = "evaluation"
    TRAINING = "training"


class PictureKind(StrEnum):
    """Which pictures an evaluation keeps."""

    NONE = "none"
    PREVIEW = "preview"  # small WebP images
    FULL = "full"  # also PNG images in the target's resolution
