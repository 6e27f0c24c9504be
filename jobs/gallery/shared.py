"""Routes for visitors with a link: its photos with their scenes, and nothing else of the library.

The token in the address is all that a visitor has. Each route asks the catalog for it, and whether
its link shows the photo. `jobs.gallery.security` lets these addresses alone pass without the
gallery's own token.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends
from fastapi import Path as PathParameter
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.gallery import media
from jobs.gallery.reader import library_reader
from jobs.gallery.rendering import render
from jobs.gallery.router import Router
from jobs.gallery.security import SHARED
from jobs.gallery.send_file import MEDIA_TYPES
from jobs.gallery.texts import Message, translations
from pipeline.catalog.shares import Share, find_share, find_shared, shared_photo_ids
from pipeline.exports.album import AlbumPhoto, PhotoFiles, album_photos, photos_script
from pipeline.scenes.page import VIEWER_FORMAT

router = Router()
Token = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{32}$")]
_OVER = "This link is not valid, or not any more."
_NO_PHOTO = "This link shows no such photo."
_NO_FILES = "This link offers no files."
# All that visitors are told. Other messages name folders and commands of the owner.
FOR_VISITORS = frozenset({_OVER, _NO_PHOTO, _NO_FILES})
OTHERWISE = Message("There is nothing to see at this address, or not now.")
_DOWNLOADS = (  # address and label
    ("photos/{id}.webp", Message("Photo")),
    (f"photos/{{id}}.{VIEWER_FORMAT}?download=true", Message("Scene")),
    ("photos/{id}.html", Message("Web page, opens in every browser")),
)


class SharedPhoto(NamedTuple):
    """A photo that a link shows, its scene, and whether the link offers files."""

    photo_id: str
    scene_id: str
    downloads: bool


def shared_photo(request: Request, token: Token, photo_id: media.Id) -> SharedPhoto:
    """Return a photo that a link shows. Raises HTTPException 404."""
    with library_reader(request).catalog() as connection:
        share = _share_of(connection, token)
        found = find_shared(connection, share.share_id, photo_id)
    if found is None:
        raise HTTPException(404, _NO_PHOTO)
    return SharedPhoto(*found, share.downloads)


TheSharedPhoto = Annotated[SharedPhoto, Depends(shared_photo)]


@router.read(SHARED + "{token}/")
def page(request: Request, token: Token) -> Response:
    """Show the photos of a link: the page of an album."""
    with library_reader(request).catalog() as connection:
        share = _share_of(connection, token)
    return render(
        request,
        "shared.html",
        title=share.title,
        scene_suffix=VIEWER_FORMAT,
        downloads=_DOWNLOADS if share.downloads else (),
        german=translations("de"),
    )


@router.read(SHARED + "{token}/photos.js")
def photos(request: Request, token: Token) -> Response:
    """Send the list of the photos of a link."""
    with library_reader(request).catalog() as connection:
        share = _share_of(connection, token)
        ids = shared_photo_ids(connection, share.share_id)
        found = album_photos(connection, {photo_id: PhotoFiles(photo_id) for photo_id in ids})
    return Response(photos_script(map(_for_visitors, found)), media_type=MEDIA_TYPES[".js"])


@router.read(SHARED + "{token}/photos/{photo_id}.thumb.webp")
def thumb(request: Request, photo: TheSharedPhoto) -> Response:
    """Send the thumbnail of a photo."""
    return media.thumb(request, photo.photo_id)


@router.read(SHARED + "{token}/photos/{photo_id}.webp")
async def image(request: Request, photo: TheSharedPhoto) -> Response:
    """Send a photo as a large image, without its metadata."""
    return await media.image(request, photo.photo_id)


@router.read(SHARED + "{token}/photos/{photo_id}." + VIEWER_FORMAT)
async def scene(request: Request, photo: TheSharedPhoto, download: bool = False) -> Response:
    """Send the scene of a photo."""
    return await media.scene(request, photo.scene_id, VIEWER_FORMAT, download)


@router.read(SHARED + "{token}/photos/{photo_id}.html")
async def scene_page(request: Request, photo: TheSharedPhoto) -> Response:
    """Send a scene as one HTML file that opens from disk."""
    if not photo.downloads:
        raise HTTPException(404, _NO_FILES)
    return await media.scene_page(request, photo.scene_id)


def _for_visitors(photo: AlbumPhoto) -> AlbumPhoto:
    """Leave out the caption and the time of day."""
    day = f"{photo.taken[:10]}T00:00" if photo.taken else None
    return photo._replace(taken=day, caption=None)


def _share_of(connection: Connection, token: str) -> Share:
    share = find_share(connection, token)
    if share is None:
        raise HTTPException(404, _OVER)
    return share
