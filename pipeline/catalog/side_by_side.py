"""Scenes with rows of their photos, both streamed in order of photo_id, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from pipeline.catalog.query import FoundScene


class RowOfPhoto(Protocol):
    """A row that belongs to a photo."""

    @property
    def photo_id(self) -> str:
        """The id of the photo."""
        ...


RowT = TypeVar("RowT", bound=RowOfPhoto)


def side_by_side(
    found: Iterable[FoundScene], rows: Iterator[RowT]
) -> Iterator[tuple[FoundScene, list[RowT]]]:
    """Yield each scene with the rows of its photo.

    Both come in order of photo_id. Ids are lower-case hexadecimal digits, which every database
    sorts as Python does.
    """
    candidate = next(rows, None)
    for scene in found:
        photo_id = scene.photo_id
        while candidate is not None and candidate.photo_id < photo_id:
            candidate = next(rows, None)
        own = []
        while candidate is not None and candidate.photo_id == photo_id:
            own.append(candidate)
            candidate = next(rows, None)
        yield scene, own
