"""What a photo says before its pixels are decoded: its file's metadata, and its context.

The files are read in threads (`PhotoReading`); what collections and the catalog add is joined
afterwards (`surveyed`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.context.merge import merge
from pipeline.context.place_names import named
from pipeline.context.registry import SOURCES
from pipeline.context.source import PhotoMaterial, PhotoReader
from pipeline.metadata.blocks import MetadataBlocks, find_blocks
from pipeline.metadata.projection import focal_in, resolve_projection
from pipeline.metadata.read import metadata_of
from pipeline.scan.read_file import read_beside
from schemas.context import ContextFacts, ContextSource, ContextUpdate, Said
from schemas.outcomes import Surveyed
from schemas.records import ContextKind, PhotoFile, PhotoMeta

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PhotoReading:
    """What a photo's own files say: the photo, and the files beside it."""

    photo: PhotoFile
    meta: PhotoMeta
    said: tuple[Said, ...]


def read_photo(photo: PhotoFile, data: bytes) -> PhotoReading:
    """Read what a photo's file and the files beside it say. Raises nothing."""
    beside = _read_beside(photo)
    blocks = find_blocks(data, photo.media_type)
    said = []
    for entry in SOURCES:
        if entry.read_photo is None or entry.source is ContextSource.FOLDER:
            continue
        files = (
            [("", PhotoMaterial(photo.path, blocks, {}))]
            if entry.beside is None
            else [
                (origin, PhotoMaterial(photo.path, blocks, {entry.beside: content}))
                for origin, content in beside[entry.beside]
            ]
        )
        for origin, material in files:
            facts = _read(entry.read_photo.get(), material)
            if facts is not None and not facts.is_empty:
                said.append(Said(origin, facts))
    sidecar = next((content for _, content in beside[ContextKind.XMP]), None)
    return PhotoReading(photo, metadata_of(blocks, sidecar), tuple(said))


def _read_beside(photo: PhotoFile) -> dict[ContextKind, list[tuple[str, bytes]]]:
    """Read the files beside a photo's copies: of its sidecars the latest one, and each JSON.

    A sidecar is the state of all that its program knows. A Takeout has a JSON beside each copy of
    a photo, and not all of them name its people or say that it is a favorite.
    """
    beside: dict[ContextKind, list[tuple[str, bytes]]] = {kind: [] for kind in ContextKind}
    for file in photo.context:
        found = beside[file.kind]
        if not found or file.kind is ContextKind.TAKEOUT:
            content = read_beside(file)
            if content is not None:
                found.append((file.path, content))
    return beside


def _read(read: PhotoReader, material: PhotoMaterial) -> ContextFacts | None:
    try:
        return read(material)
    except Exception:  # a mistake of a reader: the photo's pixels are as good without its words
        _logger.warning("what is said of %s could not be read", material.path, exc_info=True)
        return None


def said_by_folders(paths: Iterable[str]) -> Iterator[Said]:
    """Yield what the names of photos' folders say."""
    read = SOURCES.get(ContextSource.FOLDER.value).read_photo
    assert read is not None
    for path in dict.fromkeys(paths):
        facts = read.get()(PhotoMaterial(path, MetadataBlocks(), {}))
        if facts is not None and not facts.is_empty:
            yield Said(path.rpartition("/")[0], facts)


def surveyed(
    reading: PhotoReading, others: Sequence[Said], width: int | None, height: int | None
) -> Surveyed:
    """Join what a photo's own files say with what `others` do: its folders, and collections.

    `width` and `height` are of the upright photo, in pixels, where a run has decoded it.
    """
    photo, meta = reading.photo, reading.meta
    focal = None
    if width is not None and height is not None:
        projection = resolve_projection(meta, photo.path, width, height)
        focal = focal_in(projection, meta, width, height, photo.set_focal_35mm)
    said = (*reading.said, *others)
    update = context_of(photo.photo_id, said, meta.latitude, meta.longitude)
    return Surveyed(photo, meta, focal, update)


def context_of(
    photo_id: str, said: Sequence[Said], latitude: float | None, longitude: float | None
) -> ContextUpdate:
    """Return a photo's context by all that was said of it.

    The position is the one that its own metadata has; where it has none, its context may.
    """
    context = merge(one.facts for one in said)
    if latitude is None or longitude is None:
        latitude, longitude = context.latitude, context.longitude
    places, source = named(context, latitude, longitude)
    return ContextUpdate(photo_id, tuple(said), context, places, source)
