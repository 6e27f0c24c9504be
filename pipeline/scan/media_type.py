"""A file's type by its first bytes, as its name may be wrong.

In: the first `HEADER_BYTES` of a file and its suffix. Out: a `MediaType`.
"""

from __future__ import annotations

from schemas.records import MediaType
from sharp_core.containers import jxl
from sharp_core.containers.tiff_structure import DNG_VERSION, is_sensor_data, read_tiff

HEADER_BYTES = 4096

# Raw formats that are TIFF files with private tags: the suffix identifies them most reliably.
_TIFF_RAW_SUFFIXES = frozenset(
    ".3fr .arw .cr2 .dcr .erf .fff .gpr .iiq .k25 .kdc .mef .mos .nef .nrw .orf .pef .raw .rw2"
    " .rwl .sr2 .srf .srw".split()
)
_RAW_SIGNATURES = (
    b"FUJIFILMCCD-RAW",  # RAF
    b"IIU\x00",  # RW2, RWL
    b"IIRO",  # ORF, in three variants
    b"IIRS",
    b"MMOR",
    b"II\x1a\x00\x00\x00HEAPCCDR",  # CRW
    b"FOVb",  # X3F
    b"\x00MRM",  # MRW
)
_SIGNATURES = (
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    ((b"GIF87a", b"GIF89a"), MediaType.GIF),
    ((jxl.CODESTREAM, jxl.CONTAINER), MediaType.JXL),
    (_RAW_SIGNATURES, MediaType.RAW),
)
_TIFF_SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two are BigTIFF
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEVC_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs".split())
_MINI_BRAND = b"mif3"  # the codec's brand is in the field of the version
_ANY_CODEC_BRANDS = frozenset({b"mif1", b"mif2", b"mif3", b"msf1"})  # HEIF without the codec


def media_type(header: bytes, suffix: str = "") -> MediaType:
    """Return what a file is whose first bytes are `header` and whose suffix is `suffix` (".nef").

    The suffix only tells raw files from other TIFFs. A whole file may be given as its header.
    """
    for signature, kind in _SIGNATURES:
        if header.startswith(signature):
            return kind
    if header.startswith(b"RIFF") and header[8:12] == b"WEBP":
        return MediaType.WEBP
    if header.startswith(_TIFF_SIGNATURES):
        return _tiff_kind(header, suffix.lower())
    if header[4:8] == b"ftyp":
        return _iso_media_kind(header)
    return MediaType.UNKNOWN


def _tiff_kind(header: bytes, suffix: str) -> MediaType:
    ifds = read_tiff(header).ifds
    if suffix == ".dng" or (ifds and DNG_VERSION in ifds[0]):
        return MediaType.DNG
    if suffix in _TIFF_RAW_SUFFIXES or header[8:10] == b"CR" or any(map(is_sensor_data, ifds)):
        return MediaType.RAW
    return MediaType.TIFF


def _iso_media_kind(header: bytes) -> MediaType:
    """Tell HEIF, AVIF and CR3 from films by the brands of the `ftyp` box (ISO 14496-12, 4.3)."""
    end = min(int.from_bytes(header[:4], "big"), len(header))
    major = header[8:12]
    brands = {header[at : at + 4] for at in range(16, end - 3, 4)}
    if major == b"crx ":
        return MediaType.RAW
    if major == _MINI_BRAND:
        brands.add(header[12:16])
    # A brand that leaves the codec open, or an unknown one, is decided by the compatible brands.
    for candidates in ({major}, brands):
        if candidates & _AVIF_BRANDS:
            return MediaType.AVIF
        if candidates & _HEVC_BRANDS:
            return MediaType.HEIF
    return MediaType.HEIF if ({major} | brands) & _ANY_CODEC_BRANDS else MediaType.UNKNOWN
