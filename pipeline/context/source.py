"""What a source of context is: a reader of a photo's own files, or of collections, or of both.

A photo's own files are the photo, and the files beside it that `scan` pairs with it. A collection
is a file that says something about many photos: the database of a photo library, or a list of the
photos in its folder. Each source has a file in this package, and an entry in the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.metadata.blocks import MetadataBlocks
from schemas.context import ContextFacts, ContextSource
from schemas.records import ContextKind
from schemas.registry import Lazy


@dataclass(frozen=True, slots=True)
class PhotoMaterial:
    """A photo as a source reads it: its path, its metadata, and the files beside it."""

    path: str  # absolute
    blocks: MetadataBlocks
    beside: Mapping[ContextKind, bytes]  # contents


# Returns what the source says of the photo; None, or empty facts, where it says nothing. It raises
# nothing: a field that is broken is a missing one.
PhotoReader = Callable[[PhotoMaterial], ContextFacts | None]


class Collection(Protocol):
    """Files of one kind, each of which says something about many photos."""

    def is_one(self, path: str) -> bool:
        """Tell whether a file is such a collection, by its path alone; quick, for each file."""
        ...

    def covers(self, path: str) -> str | None:
        """Return the folder in which, or below which, the photos of a collection are.

        None: they may be anywhere.
        """
        ...

    def read(self, path: Path, photos: Sequence[str]) -> Mapping[str, ContextFacts]:
        """Return what a collection says of photos, by their path as given; others are left out.

        `photos` are absolute paths of files that the scan found where the collection covers them.
        The collection is never written to. Raises CollectionError (`schemas.errors`).
        """
        ...


_BESIDE = {
    ContextSource.SIDECAR: ContextKind.XMP,
    ContextSource.TAKEOUT: ContextKind.TAKEOUT,
}


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A source as the registry lists it. Its code is imported at the first use."""

    source: ContextSource
    read_photo: Lazy[PhotoReader] | None = None
    collection: Lazy[Collection] | None = None

    @property
    def name(self) -> str:
        """The source's name."""
        return self.source.value

    @property
    def beside(self) -> ContextKind | None:
        """The kind of the file beside a photo that it reads; None: it reads the photo itself."""
        return _BESIDE.get(self.source)

    @property
    def label(self) -> str:
        """What it is, in a few words for people."""
        return self.source.explanation
