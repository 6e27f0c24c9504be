"""Why a file gives no image: its bytes, and what a decoder said -> a PhotoError for people."""

from __future__ import annotations

from PIL import Image

from schemas.errors import PhotoError
from schemas.reasons import FailureReason
from schemas.records import MediaType
from sharp_core.containers import jpeg, jxl, png, webp
from sharp_core.containers.heif_codec import has_sound_structure, rare_coding
from sharp_core.containers.heif_image import has_cut_off_box
from sharp_core.containers.tiff_structure import COMPRESSION, read_tiff

_CUT_OFF = "the file is cut off: a part of the image is missing"
_OTHER_IMAGES = (  # signatures of images that are not taken
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"8BPS", "Photoshop"),
    (b"\x97JB2", "JBIG2"),
    (b"qoif", "QOI"),
    (b"SIMPLE  =", "FITS"),
    (b"DDS ", "DDS"),
    (b"8BPB", "Photoshop"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
)
_ENDED = ("truncated", "end of file")
_NOT_DECODED = ("support", "cannot handle", "unknown pixel mode", "not implemented")
_REFUSALS = ("BMFF parsing failed", "Invalid image grid", "Invalid tone mapped image item")
_WEBP = 50001  # of a TIFF's compression: Pillow's libtiff comes without it
_NO_HEADER = "its header makes no sense"
_PILLOW_HAS_NO_WORDS = "not identified by this driver"
_LONGEST_QUOTE = 120  # characters of a decoder's own words


def cut_off() -> PhotoError:
    """Return the error of a file whose end is missing."""
    return PhotoError(FailureReason.TRUNCATED, _CUT_OFF)


def damaged_header() -> PhotoError:
    """Return the error of a file that only begins like one of its kind."""
    return PhotoError(FailureReason.UNREADABLE, f"the file is damaged: {_NO_HEADER}")


def refusal(data: bytes) -> PhotoError:
    """Return the error of a file that is of none of the kinds that are decoded."""
    if not data:
        return PhotoError(FailureReason.TRUNCATED, "the file is empty")
    if not data.strip(b"\0"):
        return PhotoError(
            FailureReason.UNREADABLE, "the file holds zeros only: its content is lost"
        )
    for signature, name in _OTHER_IMAGES:
        if data.startswith(signature):
            return PhotoError(FailureReason.UNSUPPORTED, f"{name} images are not supported")
    return PhotoError(FailureReason.NOT_A_PHOTO, "the file's content is not that of a photo")


def diagnosis(error: Exception, data: bytes, kind: MediaType) -> PhotoError:
    """Return what an error, raised by a decoder at a file of this kind, means."""
    words = _words(error)
    if isinstance(error, MemoryError):
        return PhotoError(FailureReason.OUT_OF_MEMORY, "memory ran out while decoding the image")
    if isinstance(error, Image.DecompressionBombError) or "security limit" in words.lower():
        return PhotoError(FailureReason.TOO_LARGE, f"the image is too large: {words}")
    if any(phrase in words.lower() for phrase in _ENDED) or _is_cut_off(data, kind):
        return cut_off()
    if unsupported := _not_supported(words, data, kind):
        return PhotoError(FailureReason.UNSUPPORTED, unsupported)
    return PhotoError(FailureReason.UNREADABLE, f"the file is damaged: {words}")


def _not_supported(words: str, data: bytes, kind: MediaType) -> str | None:
    """Say what a whole file is that the decoder does not know; None for one that is damaged."""
    if kind in (MediaType.HEIF, MediaType.AVIF) and (coding := rare_coding(data)):
        return f"{coding} is not supported"
    if kind is MediaType.TIFF and _is_webp_inside(data):
        return "WebP compression in a TIFF is not supported"
    # libavif refuses a file that is whole before it decodes any pixel.
    is_refused = kind is MediaType.AVIF and any(phrase in words for phrase in _REFUSALS)
    if is_refused and has_sound_structure(data):
        return f"the decoder of AVIF refuses this file: {words}"
    if any(phrase in words.lower() for phrase in _NOT_DECODED):
        return f"this variety of {kind.upper()} is not supported: {words}"
    return None


def _is_webp_inside(tiff: bytes) -> bool:
    return any(ifd.get(COMPRESSION) == (_WEBP,) for ifd in read_tiff(tiff).ifds[:1])


def _words(error: Exception) -> str:
    """Return a decoder's own words, on one line. LibRaw gives them as bytes."""
    said = error.args[0] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    if isinstance(error, KeyError):
        return f"its entry {text} is missing"
    if _PILLOW_HAS_NO_WORDS in text:
        return _NO_HEADER
    return " ".join(text.split())[:_LONGEST_QUOTE] or type(error).__name__


def _is_cut_off(data: bytes, kind: MediaType) -> bool:
    match kind:
        case MediaType.JPEG:
            frame = jpeg.read_frame(data)
            return jpeg.find_end(data, frame.scan_start if frame else 0) is None
        case MediaType.PNG:
            return not png.has_end(data)
        case MediaType.WEBP:
            return webp.is_cut_off(data)
        case MediaType.HEIF | MediaType.AVIF:
            return has_cut_off_box(data)
        case MediaType.JXL:
            return data.startswith(jxl.CONTAINER) and has_cut_off_box(data)
        case _:
            return read_tiff(data).cut_off
