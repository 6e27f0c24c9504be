"""Warn of lines of --listed-in that match nothing: a typing error, or a photo of elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.console.output import Output
from pipeline.catalog.filter_values import STANDARD_INPUT
from pipeline.catalog.photo_filters import PhotoFilters

if TYPE_CHECKING:
    from pipeline.library import Library

_SHOWN_LINES = 3


def warn_of_unmatched(output: Output, library: Library, filters: PhotoFilters) -> None:
    """Say how many lines of a list name no photo of the library, and show the first few.

    Raises UsageError where there is no library, and StoreError.
    """
    listing = filters.listed_in
    if listing is None:
        return
    # Imported here: help and mistakes need no database.
    from pipeline.catalog.photo_list import unmatched_lines

    with library.read() as connection:
        unmatched = unmatched_lines(connection, listing)
    if not unmatched:
        return
    source = "the standard input" if listing.source == STANDARD_INPUT else listing.source
    count = len(listing.ids) + len(listing.paths)
    verb = "matches" if len(unmatched) == 1 else "match"
    shown = unmatched[:_SHOWN_LINES]
    if len(shown) < len(unmatched):
        shown.append(f"and {len(unmatched) - len(shown):,} more")
    output.warn(
        f"{len(unmatched):,} of {count:,} lines of {source} {verb} no photo of {library}: "
        f"{', '.join(shown)}"
    )
