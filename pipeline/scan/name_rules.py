"""Files that are skipped by their name or their folder's name, and the reason."""

from __future__ import annotations

import os

from schemas.reasons import SkipReason
from sharp_core.formats.registry import FORMATS

PHOTO_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .heic .heif .hif .heics .heifs .avif .jxl .png .webp .tif .tiff .mpo "
    ".dng .cr2 .cr3 .crw .nef .nrw .arw .sr2 .srf .raf .orf .rw2 .rwl .pef .srw .3fr .iiq .erf "
    ".kdc .dcr .mrw .x3f .mef .mos .gpr .insp".split()
)
_SIDECAR_SUFFIXES = frozenset(".xmp .aae .json .thm .pp3 .dop .on1 .cos .nks".split())
_VIDEO_SUFFIXES = frozenset(
    ".mov .mp4 .m4v .avi .mts .m2ts .3gp .3g2 .mkv .webm .mpg .mpeg .wmv .insv .360 .mxf "
    ".flv .ogv .braw .crm .lrv".split()
)
_OTHER_3D_SUFFIXES = ".jps .pns .obj .lcc .splatv .rad".split()
_SPLAT_SUFFIXES = frozenset(
    [*_OTHER_3D_SUFFIXES, *(suffix for entry in FORMATS for suffix in entry.all_suffixes)]
)
# Folders in which programs keep copies: network drives, recycle bins, photo managers' caches.
_COPY_FOLDERS = frozenset(
    (
        *("@eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information"),
        *("__macosx", "lost+found", "thumbnails"),
    )
)
_COPY_FOLDER_SUFFIXES = (".lrdata", ".cocatalog")
# An Apple Photos library is a folder: the photos are in one of these, the rest is derived.
APPLE_LIBRARY_SUFFIXES = (".photoslibrary", ".photolibrary", ".aplibrary", ".migratedphotolibrary")
_APPLE_ORIGINALS = frozenset({"originals", "masters"})


def skip_by_name(name: str) -> SkipReason | None:
    """Return why a file of this name is skipped, or None where it may be a photo."""
    if name.startswith("."):
        return SkipReason.HIDDEN
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - quick, for each file
    if suffix in PHOTO_SUFFIXES:
        return None
    for suffixes, reason in (
        (_SIDECAR_SUFFIXES, SkipReason.SIDECAR),
        (_VIDEO_SUFFIXES, SkipReason.VIDEO),
        (_SPLAT_SUFFIXES, SkipReason.ALREADY_3D),
    ):
        if suffix in suffixes:
            return reason
    return SkipReason.OTHER_FILE


def skip_by_folder(path: str, name: str) -> SkipReason | None:
    """Return why the files in a folder are skipped, or None where they may be photos."""
    if name.startswith("."):
        return SkipReason.HIDDEN
    folded = name.lower()
    parent = os.path.basename(os.path.dirname(path)).lower()  # noqa: PTH119, PTH120
    derived = parent.endswith(APPLE_LIBRARY_SUFFIXES) and folded not in _APPLE_ORIGINALS
    copies = folded in _COPY_FOLDERS or folded.endswith(_COPY_FOLDER_SUFFIXES)
    return SkipReason.EXCLUDED if derived or copies else None
