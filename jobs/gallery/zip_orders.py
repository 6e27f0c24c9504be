"""What goes into the archives that people download: originals, scenes or exports of many photos.

An order is made by a POST, since it names thousands of photos; the download itself is a link.
"""

from __future__ import annotations

import contextlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

from anyio import CapacityLimiter, sleep, to_thread
from starlette.exceptions import HTTPException

from jobs.gallery.answer_errors import AnswerError
from jobs.gallery.derived import DerivedKind, FileRequest, derive, just_made
from jobs.gallery.downloads import ORIGINALS, zip_choices
from jobs.gallery.file_worker import FileJob
from jobs.gallery.reader import LibraryReader
from jobs.gallery.texts import Message, known, translate
from jobs.gallery.workshop import Workshop
from jobs.gallery.zip_stream import OpenFile, UniqueNames, ZipEntry, open_file
from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.query import find_by_ids
from schemas.errors import SharpBatchError

MOST_PHOTOS = 10_000
_MOST_ORDERS = 40
_MOST_OF_CLIENT = 8
_AT_ONCE = 4  # archives being sent
_OF_CLIENT_AT_ONCE = 2
_BUSY_SECONDS = 2.0  # until the workshop is asked again
_BUSY = (429, 503)


class ZipOrder(NamedTuple):
    """Photos, and what of them: ORIGINALS, a format of scenes, or an export kind."""

    photo_ids: tuple[str, ...]
    what: DerivedKind | None  # None: the original photos
    form: str
    client: str
    language: str


class ZipOrders:
    """The orders of one server, and how many archives are being sent. Belongs to its event loop."""

    def __init__(self) -> None:
        self._orders: OrderedDict[str, ZipOrder] = OrderedDict()
        self._sent_to: list[str] = []  # clients
        self.limiter = CapacityLimiter(_AT_ONCE)

    def add(self, order: ZipOrder) -> str:
        """Keep an order; return its id. The oldest orders make room for new ones."""
        own = [key for key, kept in self._orders.items() if kept.client == order.client]
        for key in own[: max(0, len(own) + 1 - _MOST_OF_CLIENT)]:
            del self._orders[key]
        while len(self._orders) >= _MOST_ORDERS:
            self._orders.popitem(last=False)
        key = secrets.token_hex(16)
        self._orders[key] = order
        return key

    def get(self, key: str) -> ZipOrder:
        """Return an order. Raises HTTPException 404."""
        order = self._orders.get(key)
        if order is None:
            raise HTTPException(404, "This download is no longer known. Choose the photos again.")
        return order

    def check_room(self, client: str) -> None:
        """Raise AnswerError where too many archives are being sent."""
        of_client = self._sent_to.count(client)
        if of_client >= _OF_CLIENT_AT_ONCE or len(self._sent_to) >= _AT_ONCE:
            message = "Other downloads of many photos are not finished yet."
            raise AnswerError(429, message, "Wait until one has ended.")

    @contextlib.contextmanager
    def sending(self, client: str) -> Iterator[None]:
        """Count an archive while it is sent. Raises AnswerError as `check_room`."""
        self.check_room(client)
        self._sent_to.append(client)
        try:
            yield
        finally:
            self._sent_to.remove(client)


def parse_what(what: str) -> tuple[DerivedKind | None, str]:
    """Read one of the choices: ORIGINALS, splat:FORMAT or export:KIND. Raises HTTPException 400."""
    if what not in {choice.value for group in zip_choices() for choice in group.choices}:
        raise HTTPException(400, "The gallery cannot send this of photos.")
    if what == ORIGINALS:
        return None, ""
    kind, _, form = what.partition(":")
    return DerivedKind(kind), form


async def zip_entries(
    order: ZipOrder, reader: LibraryReader, workshop: Workshop, limiter: CapacityLimiter
) -> AsyncIterator[ZipEntry]:
    """Yield the files of an order, each made when its turn comes; last, a list of what is missing.

    Cancelling this stops what is being made.
    """
    names = UniqueNames()
    problems: list[str] = []
    for chunk in in_groups(order.photo_ids):
        found = await to_thread.run_sync(_scenes_of, reader, chunk, limiter=limiter)
        for photo_id in chunk:
            shown = found[photo_id].name if photo_id in found else photo_id
            try:
                name, path = await _file(
                    order, found.get(photo_id), photo_id, reader, workshop, limiter
                )
                content = await to_thread.run_sync(_open, path, limiter=limiter)
            except (HTTPException, SharpBatchError) as error:
                message = error.detail if isinstance(error, HTTPException) else error.message
                problems.append(f"{shown}: {known(order.language, message)}")
                continue
            yield ZipEntry(names.take(name), content)
    if problems:
        title = translate(order.language, Message("These files could not be included:"))
        name = translate(order.language, Message("not included.txt"))
        yield ZipEntry(names.take(name), "\n".join((title, "", *problems, "")))


class _Shown(NamedTuple):
    name: str  # of the photo's file
    scene_id: str | None


def _scenes_of(reader: LibraryReader, photo_ids: list[str]) -> dict[str, _Shown]:
    with reader.catalog() as connection:
        return {
            record.photo_id: _Shown(
                Path(record.paths[0]).name if record.paths else record.photo_id, record.scene_id
            )
            for record in find_by_ids(connection, photo_ids)
        }


async def _file(
    order: ZipOrder,
    shown: _Shown | None,
    photo_id: str,
    reader: LibraryReader,
    workshop: Workshop,
    limiter: CapacityLimiter,
) -> tuple[str, Path]:
    """Return the name and the path of a photo's file for an archive, made if there is none yet."""
    if order.what is None:
        own = await to_thread.run_sync(reader.original, photo_id, limiter=limiter)
        return own.name, own
    of = photo_id
    if order.what is DerivedKind.SPLAT:
        if shown is None or shown.scene_id is None:
            raise HTTPException(404, "The library has no scene of this photo.")
        of = shown.scene_id
    asked = FileRequest(order.what, of, order.form)
    file = await to_thread.run_sync(derive, reader, asked, limiter=limiter)
    path = file.stored or reader.cache.find(file.name)
    if path is None:
        await _make(workshop, FileJob(*reader.place, asked), order.client)
        path = just_made(reader, file)
    return file.filename, path


def _open(path: Path) -> OpenFile:
    try:
        return open_file(path)
    except OSError as error:
        raise HTTPException(404, "The file cannot be read.") from error


async def _make(workshop: Workshop, job: FileJob, client: str) -> None:
    """Have a file made, however busy the workshop is: an archive waits."""
    while True:
        try:
            await workshop.make(job, client)
        except AnswerError as error:
            if error.status_code not in _BUSY or workshop.is_closed:
                raise
            await sleep(_BUSY_SECONDS)
        else:
            return
