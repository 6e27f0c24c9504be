"""The sources of context that this program reads, most trusted first."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.context.source import Collection, ContextEntry, PhotoReader
from schemas.context import ContextSource
from schemas.registry import Lazy, Registry


def _built_in() -> Iterable[ContextEntry]:
    """Return the entries of this package's sources."""

    def reader(module: str, name: str = "read_photo") -> Lazy[PhotoReader]:
        return Lazy(f"pipeline.context.{module}", name)

    def collection(module: str) -> Lazy[Collection]:
        return Lazy(f"pipeline.context.{module}")

    return (
        ContextEntry(ContextSource.SIDECAR, reader("xmp", "read_sidecar")),
        ContextEntry(ContextSource.EMBEDDED_XMP, reader("xmp", "read_embedded")),
        ContextEntry(ContextSource.IPTC, reader("iptc")),
        ContextEntry(ContextSource.EXIF, reader("exif")),
        ContextEntry(ContextSource.TAKEOUT, reader("takeout"), collection("takeout")),
        ContextEntry(ContextSource.APPLE_PHOTOS, collection=collection("apple_photos")),
        ContextEntry(ContextSource.LIGHTROOM, collection=collection("lightroom")),
        ContextEntry(ContextSource.DIGIKAM, collection=collection("digikam")),
        ContextEntry(ContextSource.PICASA, collection=collection("picasa")),
        ContextEntry(ContextSource.FOLDER, reader("folder")),
    )


SOURCES: Registry[ContextEntry] = Registry("source of context", ContextEntry, _built_in)
