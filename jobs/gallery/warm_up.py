"""What the first visitor would wait for: compiled templates, and the numbers of the first page."""

from __future__ import annotations

import logging
import threading

from jobs.gallery.address import read_view
from jobs.gallery.pages import read_overview
from jobs.gallery.reader import LibraryReader
from jobs.gallery.rendering import compile_templates
from schemas.errors import SharpBatchError

_logger = logging.getLogger(__name__)


def warm_up(reader: LibraryReader) -> threading.Thread:
    """Prepare the first page in the background. A damaged catalog is told by the pages."""
    thread = threading.Thread(target=_prepare, args=(reader,), daemon=True)
    thread.start()
    return thread


def _prepare(reader: LibraryReader) -> None:
    compile_templates()
    try:
        read_overview(reader, read_view({}))
    except SharpBatchError as error:
        _logger.info("The first page could not be prepared: %s", error)
