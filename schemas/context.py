"""What people and their programs say of photos: ratings, albums, names, places.

A source says something of a photo (`ContextFacts`); what all its sources say is merged into one
`PhotoContext`. A field that is None, or (), says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from schemas.explained import ExplainedStr

# Of what is read of a photo before its pixels. A catalog's photos that were read by an earlier
# version are read again: raise it when the readers learn to read more.
METADATA_VERSION = 2


class TagKind(StrEnum):
    """What a name in the catalog's table of tags is."""

    KEYWORD = "keyword"
    PERSON = "person"
    ALBUM = "album"
    LABEL = "label"  # of a colour


class PlaceNames(NamedTuple):
    """Names of where a photo was taken, from the smallest to the largest."""

    location: str | None = None  # a spot in the city: a quarter or village where it differs
    city: str | None = None
    region: str | None = None
    country: str | None = None


NOWHERE = PlaceNames()
BY_POSITION = "position"  # as the source of names that were looked up for a photo's position


class ContextSource(ExplainedStr):
    """Where a fact about a photo comes from, most trusted first."""

    GALLERY = "gallery", "the gallery"
    SIDECAR = "sidecar", "an XMP file beside the photo"
    EMBEDDED_XMP = "xmp", "XMP inside the photo"
    IPTC = "iptc", "IPTC inside the photo"
    EXIF = "exif", "EXIF inside the photo"
    TAKEOUT = "takeout", "Google Takeout"
    APPLE_PHOTOS = "apple_photos", "an Apple Photos library"
    LIGHTROOM = "lightroom", "a Lightroom catalog"
    DIGIKAM = "digikam", "a digiKam database"
    PICASA = "picasa", "a file of Picasa"
    FOLDER = "folder", "the name of the photo's folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What can be said of a photo."""

    rating: int | None = None  # -1 rejected, 0 none given, 1 to 5 stars
    favorite: bool | None = None
    picked: bool | None = None  # a person chose it among similar photos
    label: str | None = None  # colour label
    title: str | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()  # hierarchical ones are joined: "Places/Norway/Bergen"
    people: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    # Names of the place that a person or a program wrote.
    location: str | None = None  # a spot in the city
    city: str | None = None
    region: str | None = None
    country: str | None = None
    hidden: bool | None = None
    trashed: bool | None = None
    # They fill what the file itself does not say.
    taken_at: datetime | None = None  # local time, without a time zone
    taken_at_offset: timedelta | None = None  # local time minus UTC
    latitude: float | None = None  # degrees, south negative; with the longitude or not at all
    longitude: float | None = None  # degrees, west negative
    altitude_m: float | None = None
    # Hints for groups of photos of one moment.
    edited_of: str | None = None  # file name of the photo of which it is an edit, in its folder
    burst_id: str | None = None  # equal for the frames of one burst


CONTEXT_FIELDS = tuple(field.name for field in fields(Context))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextFacts(Context):
    """What one source says of one photo."""

    source: ContextSource

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return all(getattr(self, name) in (None, ()) for name in CONTEXT_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoContext(Context):
    """What all sources say of one photo, and the sources that gave each field."""

    sources: Mapping[str, tuple[ContextSource, ...]] = field(default_factory=dict)


class Said(NamedTuple):
    """What one source says of a photo, and where."""

    # Path of the file or collection that says it, or of a folder; "" for the photo's own file.
    origin: str
    facts: ContextFacts


@dataclass(frozen=True, slots=True)
class ContextUpdate:
    """All that is known of a photo's context, to replace what the catalog has recorded of it."""

    photo_id: str
    said: tuple[Said, ...]
    context: PhotoContext
    places: PlaceNames = NOWHERE  # the context's names, completed by those of the position
    place_source: str | None = None  # a ContextSource, or BY_POSITION
