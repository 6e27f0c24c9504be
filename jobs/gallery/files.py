"""Files of the library over HTTP: ranges, validators, caching, and no way out of the folder."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

_IMMUTABLE = "private, max-age=31536000, immutable"
_CHECKED = "no-cache"  # kept, and asked about each time
_TAGS = re.compile(r'(?:W/)?"([^"]*)"')
GONE = "The library's file is missing. 'sharp-batch verify' finds such."
MEDIA_TYPES = {
    ".webp": "image/webp",
    ".png": "image/png",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


def inside(root: Path, relative: str) -> Path:
    """Return a file of the library, which must lie in it whatever the catalog says.

    Raises HTTPException 404.
    """
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise HTTPException(404, GONE)
    return path


def send_file(
    request: Request, path: Path, *, immutable: bool = False, filename: str | None = None
) -> Response:
    """Return a file as a response to GET or HEAD, with 304, 206 and 416 as they are due.

    `filename` makes it a download. Raises HTTPException 404 if the file is gone.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise HTTPException(404, "The file is gone.") from error
    tag = f"{stat.st_mtime_ns:x}-{stat.st_size:x}"
    headers = {"etag": f'"{tag}"', "cache-control": _IMMUTABLE if immutable else _CHECKED}
    if tag in _TAGS.findall(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    media_type = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    if filename is not None:
        headers["content-disposition"] = f"attachment; filename*=utf-8''{quote(filename, safe='')}"
    return FileResponse(path, headers=headers, media_type=media_type, stat_result=stat)
