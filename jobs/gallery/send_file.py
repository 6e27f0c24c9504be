"""Send files over HTTP: byte ranges, validators, caching, and no access outside the library."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from schemas.path_text import path_text

_IMMUTABLE = "private, max-age=31536000, immutable"
_CHECKED = "no-cache"  # stored by the browser, and validated at each request
_TAGS = re.compile(r'(?:W/)?"([^"]*)"')
GONE = "A file of the library is missing. The command sharp-batch verify lists what is missing."
MEDIA_TYPES = {
    ".webp": "image/webp",
    ".png": "image/png",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


def inside(root: Path, relative: str) -> Path:
    """Return the path of a file of the library. Paths outside the library are refused.

    Raises HTTPException 404.
    """
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise HTTPException(404, GONE)
    return path


def send_file(
    request: Request,
    path: Path,
    *,
    immutable: bool = False,
    filename: str | None = None,
    media_type: str | None = None,
) -> Response:
    """Return the response of a file to GET or HEAD, with status 304, 206 and 416 if they apply.

    `filename` makes it a download. Raises HTTPException 404 if the file does not exist.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise HTTPException(404, "The file does not exist any more.") from error
    tag = f"{stat.st_mtime_ns:x}-{stat.st_size:x}"
    headers = {"etag": f'"{tag}"', "cache-control": _IMMUTABLE if immutable else _CHECKED}
    if tag in _TAGS.findall(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    media_type = media_type or MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    if filename is not None:
        headers["content-disposition"] = attachment(filename)
    return FileResponse(path, headers=headers, media_type=media_type, stat_result=stat)


def attachment(filename: str) -> str:
    """Return the header `content-disposition` of a download.

    Bytes of the name that are no UTF-8 are written as the catalog holds them.
    """
    return f"attachment; filename*=utf-8''{quote(path_text(filename), safe='')}"
