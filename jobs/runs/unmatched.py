"""Warn of filters that match nothing: a typing error, or photos of elsewhere.

These are lines of --listed-in, and --folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.console.output import Output
from pipeline.catalog.filter_values import STANDARD_INPUT, PhotoList
from pipeline.catalog.photo_filters import PhotoFilters
from schemas.count_text import count_text

if TYPE_CHECKING:
    from pipeline.library import Library

_SHOWN_LINES = 3


def warn_of_unmatched(output: Output, library: Library, filters: PhotoFilters) -> None:
    """Warn of a folder without a photo of the library, and of lines of a list that name none.

    Raises UsageError where there is no library, and StoreError.
    """
    folder, listing = filters.folder, filters.listed_in
    if folder is None and listing is None:
        return
    # Imported here: help and mistakes need no database.
    from pipeline.catalog.unmatched import is_folder_known, unmatched_lines

    with library.read() as connection:
        if folder is not None and not is_folder_known(connection, folder):
            output.warn(f"{library} has no photo in the folder {folder}")
        unmatched = [] if listing is None else unmatched_lines(connection, listing)
    if listing is not None and unmatched:
        output.warn(_lines_text(library, listing, unmatched))


def _lines_text(library: Library, listing: PhotoList, unmatched: list[str]) -> str:
    """Return how many lines of a list name no photo of the library, and the first few."""
    source = "the standard input" if listing.source == STANDARD_INPUT else listing.source
    lines = count_text(len(listing.ids) + len(listing.paths), "line")
    verb = "matches" if len(unmatched) == 1 else "match"
    shown = unmatched[:_SHOWN_LINES]
    if len(shown) < len(unmatched):
        shown.append(f"and {len(unmatched) - len(shown):,} more")
    return (
        f"{len(unmatched):,} of {lines} of {source} {verb} no photo of {library}: "
        f"{', '.join(shown)}"
    )
