"""Routes of files: thumbnails, photos, clips, splats, exports, the viewer, scripts and styles."""

from __future__ import annotations

from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Annotated

import sqlalchemy as sa
from anyio import CapacityLimiter, to_thread
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.gallery.derived import DerivedKind, FileRequest, derive, just_made
from jobs.gallery.file_worker import FileJob
from jobs.gallery.of_request import client_of
from jobs.gallery.reader import LibraryReader, library_reader
from jobs.gallery.router import Router
from jobs.gallery.send_file import send_file
from jobs.gallery.until_gone import until_gone
from jobs.gallery.workshop import Workshop
from pipeline.catalog.query import paths_of
from pipeline.scenes.level_sizes import WORTH_LEVELS
from schemas.tables import artifacts

router = Router()
_STATIC = Path(str(resources.files("jobs.gallery"))) / "static"
_VIEWER = Path(str(resources.files("pipeline"))) / "viewer_bundle"

# An id is 32 hex digits. Other text never reaches a query.
Id = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{32}$")]
FileName = Annotated[str, PathParameter(pattern=r"^[a-z]+[a-z_-]*\.(js|css|svg|txt|json)$")]


@router.read("/thumbs/{photo_id}.webp")
def thumb(request: Request, photo_id: Id) -> Response:
    """Send the thumbnail of a photo. The id is a hash of the content, so it is immutable."""
    return send_file(request, library_reader(request).thumb(photo_id), immutable=True)


@router.read("/pictures/{photo_id}.webp")
async def image(request: Request, photo_id: Id, full: bool = False) -> Response:
    """Send a photo as a large image; with `full`, one for the largest screens."""
    reader = library_reader(request)
    pictures: CapacityLimiter = request.app.state.pictures
    work = to_thread.run_sync(reader.image, photo_id, full, limiter=pictures)
    return send_file(request, await until_gone(request, work))


@router.read("/scenes/{scene_id}.{format_name}")
async def scene(
    request: Request, scene_id: Id, format_name: str, download: bool = False
) -> Response:
    """Send a scene in any splat format."""
    asked = FileRequest(DerivedKind.SPLAT, scene_id, format_name)
    return await send_derived(request, library_reader(request), asked, is_download=download)


@router.read("/scenes/{scene_id}/coarse.sog")
async def coarse_scene(request: Request, scene_id: Id) -> Response:
    """Send the coarse level of a scene: a first picture in a tenth of the bytes."""
    asked = FileRequest(DerivedKind.COARSE, scene_id)
    return await send_derived(request, library_reader(request), asked, is_download=False)


@router.read("/scenes/{scene_id}/lod-meta.json")
async def levels(request: Request, scene_id: Id) -> Response:
    """Tell which files are the levels of a scene; 204 where it has none yet.

    They are made now, for the next time: to wait for them takes longer than to load the scene.
    """
    reader = library_reader(request)
    asked = FileRequest(DerivedKind.LEVELS, scene_id)
    scene = await run_in_threadpool(reader.scene, scene_id)
    file = await run_in_threadpool(derive, reader, asked)
    path = reader.cache.find(file.name)
    if path is not None:
        return send_file(request, path)
    if scene.gaussians > WORTH_LEVELS:
        workshop: Workshop = request.app.state.workshop
        workshop.make_later(FileJob(*reader.place, asked))
    return Response(status_code=204)


@router.read("/scenes/{scene_id}/page.html")
async def scene_page(request: Request, scene_id: Id) -> Response:
    """Send a scene as one HTML file that opens from disk."""
    asked = FileRequest(DerivedKind.PAGE, scene_id)
    return await send_derived(request, library_reader(request), asked)


@router.read("/photos/{photo_id}/exports/{kind}")
async def export(request: Request, photo_id: Id, kind: str) -> Response:
    """Send an export of a photo's scene, as `sharp-batch export` makes it."""
    asked = FileRequest(DerivedKind.EXPORT, photo_id, kind)
    return await send_derived(request, library_reader(request), asked)


@router.read("/artifacts/{artifact_id}")
def artifact(request: Request, artifact_id: Id, download: bool = False) -> Response:
    """Send a clip or another file that was made of a scene."""
    reader = library_reader(request)
    columns = (artifacts.c.path, artifacts.c.kind, artifacts.c.photo_id)
    with reader.catalog() as connection:
        statement = sa.select(*columns).where(artifacts.c.artifact_id == artifact_id)
        row = connection.execute(statement).one_or_none()
        if row is None:
            raise HTTPException(404, "The library has no such file.")
        photo = next(iter(paths_of(connection, [row.photo_id]).get(row.photo_id, ())), row.photo_id)
    suffix = PurePosixPath(row.path).suffix
    path = reader.file(row.path, f"{artifact_id}{suffix}")
    filename = f"{PurePosixPath(photo).stem} {row.kind}{suffix}"
    return send_file(request, path, filename=filename if download else None)


@router.read("/photos/{photo_id}/original")
def original(request: Request, photo_id: Id) -> Response:
    """Send a photo's own file as a download."""
    path = library_reader(request).original(photo_id)
    return send_file(request, path, filename=path.name, media_type="application/octet-stream")


@router.read("/authority.crt")
def authority(request: Request) -> Response:
    """Send the certificate of the local authority, which devices install to trust it."""
    path: Path | None = request.app.state.authority
    if path is None:
        raise HTTPException(404, "This gallery has no local authority.")
    return send_file(request, path, media_type="application/x-x509-ca-cert")


@router.read("/static/{name}")
def static(request: Request, name: FileName) -> Response:
    """Send a file of the gallery's pages."""
    return send_file(request, _STATIC / name)


@router.read("/viewer/{name}")
def viewer(request: Request, name: FileName) -> Response:
    """Send a file of the scene viewer."""
    return send_file(request, _VIEWER / name)


async def send_derived(
    request: Request,
    reader: LibraryReader,
    asked: FileRequest,
    *,
    is_download: bool = True,
    stem: str | None = None,
) -> Response:
    """Send a derived file, made first if it is not in the cache. Raises HTTPException.

    `stem` begins the name of the download in place of that of the photo's file.
    """
    file = await run_in_threadpool(derive, reader, asked)
    path = file.stored or reader.cache.find(file.name)
    if path is None:
        workshop: Workshop = request.app.state.workshop
        job = FileJob(*reader.place, asked)
        await until_gone(request, workshop.make(job, client_of(request)))
        path = just_made(reader, file)
    filename = file.filename if stem is None else stem + file.suffix
    return send_file(request, path, filename=filename if is_download else None)


def is_viewer_built() -> bool:
    """Return whether the viewer is built. In a source checkout, scripts/build_viewer builds it."""
    return (_VIEWER / "viewer.js").is_file()
