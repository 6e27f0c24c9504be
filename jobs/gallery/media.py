"""Routes of files: thumbnails, photos, clips, splats, exports, the viewer, scripts and styles."""

from __future__ import annotations

from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Annotated, BinaryIO

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi import Path as PathParameter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.gallery.reader import LibraryReader, LibraryScene, library_reader
from jobs.gallery.send_file import send_file
from schemas.tables import artifacts

router = APIRouter()
_GET = ["GET", "HEAD"]
_STATIC = Path(str(resources.files("jobs.gallery"))) / "static"
_VIEWER = Path(str(resources.files("pipeline"))) / "viewer_bundle"

# An id is 32 hex digits. Other text never reaches a query.
Id = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{32}$")]
FileName = Annotated[str, PathParameter(pattern=r"^[a-z]+[a-z_-]*\.(js|css|svg|txt)$")]


@router.api_route("/thumbs/{photo_id}.webp", methods=_GET)
def thumb(request: Request, photo_id: Id) -> Response:
    """Send the thumbnail of a photo. The id is a hash of the content, so it is immutable."""
    return send_file(request, library_reader(request).thumb(photo_id), immutable=True)


@router.api_route("/pictures/{photo_id}.webp", methods=_GET)
def image(request: Request, photo_id: Id) -> Response:
    """Send a photo as a large image."""
    return send_file(request, library_reader(request).image(photo_id))


@router.api_route("/scenes/{scene_id}.{format_name}", methods=_GET)
def scene(request: Request, scene_id: Id, format_name: str, download: bool = False) -> Response:
    """Send a scene in any splat format."""
    from sharp_core.formats.registry import FORMATS

    if format_name not in FORMATS:
        raise HTTPException(404, f"There is no splat format {format_name!r}.")
    reader = library_reader(request)
    stored = reader.scene(scene_id)
    filename = f"{stored.name}.{format_name}" if download else None
    return send_file(request, reader.scene_as(stored, format_name), filename=filename)


@router.api_route("/scenes/{scene_id}/page.html", methods=_GET)
def scene_page(request: Request, scene_id: Id) -> Response:
    """Send a scene as one HTML file that opens from disk."""
    reader = library_reader(request)
    stored = reader.scene(scene_id)
    path = reader.cache.get(
        f"{stored.sha256[:32]}.{_bundle_stamp()}.html",
        lambda out: _write_page(out, reader, stored),
    )
    return send_file(request, path, filename=f"{stored.name}.html")


@router.api_route("/photos/{photo_id}/exports/{kind}", methods=_GET)
def export(request: Request, photo_id: Id, kind: str) -> Response:
    """Send an export of a photo's scene, as `sharp-batch export` makes it."""
    path, filename = library_reader(request).export(photo_id, kind)
    return send_file(request, path, filename=filename)


@router.api_route("/artifacts/{artifact_id}", methods=_GET)
def artifact(request: Request, artifact_id: Id, download: bool = False) -> Response:
    """Send a clip or another file that was made of a scene."""
    reader = library_reader(request)
    with reader.catalog() as connection:
        statement = sa.select(artifacts.c.path).where(artifacts.c.artifact_id == artifact_id)
        relative = connection.scalar(statement)
    if relative is None:
        raise HTTPException(404, "The library has no such file.")
    name = PurePosixPath(relative).name
    path = reader.file(relative, f"{artifact_id}{PurePosixPath(name).suffix}")
    return send_file(request, path, filename=name if download else None)


@router.api_route("/static/{name}", methods=_GET)
def static(request: Request, name: FileName) -> Response:
    """Send a file of the gallery's pages."""
    return send_file(request, _STATIC / name)


@router.api_route("/viewer/{name}", methods=_GET)
def viewer(request: Request, name: FileName) -> Response:
    """Send a file of the scene viewer."""
    return send_file(request, _VIEWER / name)


def is_viewer_built() -> bool:
    """Return whether the viewer is built. In a source checkout, scripts/build_viewer builds it."""
    return (_VIEWER / "viewer.js").is_file()


def _bundle_stamp() -> str:
    return f"{(_VIEWER / 'viewer.js').stat().st_mtime_ns:x}" if is_viewer_built() else "none"


def _write_page(out: BinaryIO, reader: LibraryReader, stored: LibraryScene) -> None:
    from pipeline.scenes.page import VIEWER_FORMAT, ViewerStart, write_scene_page

    file = stored.file
    view = ViewerStart(stored.name, file.width, file.height, file.focal_px, file.is_360)
    scene, poster = reader.scene_as(stored, VIEWER_FORMAT), reader.image(file.photo.photo_id)
    write_scene_page(out, view, scene.read_bytes(), poster.read_bytes())
