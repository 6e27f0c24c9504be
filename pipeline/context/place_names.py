"""A photo's names of places: those that a person or a program wrote, and those of its position."""

from __future__ import annotations

from pipeline.context.places import gazetteer
from schemas.context import BY_POSITION, NOWHERE, PhotoContext, PlaceNames


def named(
    context: PhotoContext, latitude: float | None, longitude: float | None
) -> tuple[PlaceNames, str | None]:
    """Return the names of where a photo was taken, and the source of the most exact one.

    The position, in degrees, gives the names that the context lacks.
    """
    written = PlaceNames(context.location, context.city, context.region, context.country)
    if latitude is None or longitude is None:
        found = NOWHERE
    else:
        (found,) = gazetteer().names([(latitude, longitude)])
    names = PlaceNames(*(mine or theirs for mine, theirs in zip(written, found, strict=True)))
    for field, name in zip(PlaceNames._fields, written, strict=True):
        if name is not None:
            return names, context.sources[field][0].value
    return names, None if names == NOWHERE else BY_POSITION
