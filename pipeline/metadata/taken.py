"""Which of a photo's dates says when it was taken: sidecar, EXIF, XMP and IPTC -> one time.

A sidecar's date is a person's later word, so it counts before the file's own. In the file, dates of
the exposure count before those of scanning (Metadata Working Group, "Guidelines", 2010, 5.2). At
last comes DateTime: it is when the file was written, and only a camera's own says more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from PIL.ExifTags import Base

from pipeline.metadata.exif import ExifTags
from pipeline.metadata.position import read_utc
from pipeline.metadata.time import Dated, LocalTime, offset_from_gps, parse_dated
from schemas.context import ContextSource
from sharp_core.containers.exif_values import as_text
from sharp_core.containers.iptc import (
    DATE_CREATED,
    DIGITIZED_DATE,
    DIGITIZED_TIME,
    TIME_CREATED,
    IptcTexts,
)

Xmp = Mapping[str, str]
_ORIGINAL = (Base.DateTimeOriginal, Base.SubsecTimeOriginal, Base.OffsetTimeOriginal)
_DIGITIZED = (Base.DateTimeDigitized, Base.SubsecTimeDigitized, Base.OffsetTimeDigitized)
_WRITTEN = (Base.DateTime, Base.SubsecTime, Base.OffsetTime)
_XMP_ORIGINAL = ("exif:DateTimeOriginal", "photoshop:DateCreated")
_APART = {
    "exif:DateTimeOriginal": ("SubSecTimeOriginal", "OffsetTimeOriginal"),
    "exif:DateTimeDigitized": ("SubSecTimeDigitized", "OffsetTimeDigitized"),
}
_XMP_DIGITIZED = ("exif:DateTimeDigitized", "xmp:CreateDate")


class TimeTaken(NamedTuple):
    """When a photo was taken, and what says so."""

    local: datetime
    offset: timedelta | None
    source: ContextSource


class _Candidate(NamedTuple):
    dated: Dated
    source: ContextSource


def read_time_taken(exif: ExifTags, xmp: Xmp, sidecar: Xmp, iptc: IptcTexts) -> TimeTaken | None:
    """Take the first date that makes sense; others of the same day add what it lacks.

    They add the time of day where it is a date alone, and the day where it is a month or a year.
    The camera's own date also adds fractions of a second and the offset from UTC; that of others is
    often the one of an editor's computer. The receiver's clock tells the offset where nothing else
    does.
    """
    candidates = list(_candidates(exif, xmp, sidecar, iptc))
    if not candidates:
        return None
    first = _completed(candidates[0], candidates[1:])
    local, offset = first.dated.time
    if offset is None:
        utc = read_utc(exif.gps, day_if_missing=local)
        offset = offset_from_gps(local, utc) if utc else None
    return TimeTaken(local, offset, first.source)


def _candidates(exif: ExifTags, xmp: Xmp, sidecar: Xmp, iptc: IptcTexts) -> Iterator[_Candidate]:
    yield from _in_xmp(sidecar, _XMP_ORIGINAL, ContextSource.SIDECAR)
    yield from _in_exif(exif, _ORIGINAL)
    yield from _in_xmp(xmp, _XMP_ORIGINAL, ContextSource.EMBEDDED_XMP)
    yield from _in_iptc(iptc, DATE_CREATED, TIME_CREATED)
    yield from _in_exif(exif, _DIGITIZED)
    yield from _in_xmp(sidecar, _XMP_DIGITIZED, ContextSource.SIDECAR)
    yield from _in_xmp(xmp, _XMP_DIGITIZED, ContextSource.EMBEDDED_XMP)
    yield from _in_iptc(iptc, DIGITIZED_DATE, DIGITIZED_TIME)
    if Base.Make in exif.main:
        yield from _in_exif(exif, _WRITTEN)


def _in_exif(exif: ExifTags, tags: tuple[Base, ...]) -> Iterator[_Candidate]:
    if dated := parse_dated(*(as_text(exif.main.get(tag)) for tag in tags)):
        yield _Candidate(dated, ContextSource.EXIF)


def _in_xmp(xmp: Xmp, names: Iterable[str], source: ContextSource) -> Iterator[_Candidate]:
    for name in names:
        # Programs that copy EXIF tag by tag keep what it says of a date in tags of their own.
        apart = (xmp.get(f"exif:{tag}") for tag in _APART.get(name, ()))
        if dated := parse_dated(xmp.get(name), *apart):
            yield _Candidate(dated, source)


def _in_iptc(iptc: IptcTexts, date: tuple[int, int], time: tuple[int, int]) -> Iterator[_Candidate]:
    day, clock = (next(iter(iptc.get(key, ())), "") for key in (date, time))
    if dated := parse_dated(f"{day}T{clock}") or parse_dated(day):
        yield _Candidate(dated, ContextSource.IPTC)


def _completed(first: _Candidate, others: list[_Candidate]) -> _Candidate:
    """Add what others know of the same day, and the camera of the same second."""
    for other in others:
        local, offset = first.dated.time
        more, their_offset = other.dated.time
        offset = their_offset if offset is None else offset
        if first.dated.includes(other.dated):
            first = first._replace(dated=Dated(LocalTime(more, offset), other.dated.known))
        elif other.source is ContextSource.EXIF and _same_second(local, more):
            time = LocalTime(local if local.microsecond else more, offset)
            first = first._replace(dated=first.dated._replace(time=time))
    return first


def _same_second(one: datetime, other: datetime) -> bool:
    return one.replace(microsecond=0) == other.replace(microsecond=0)
