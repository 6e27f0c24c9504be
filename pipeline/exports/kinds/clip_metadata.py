"""Puts a photo's date, place and camera into clips: WebP has a chunk for EXIF, MP4 keys of its own.

GIF has no place for them.
"""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pipeline.exports.metadata import capture_seconds
from schemas.records import PhotoRecord

if TYPE_CHECKING:
    from av.container import InputContainer

_VP8X, _EXIF = b"VP8X", b"EXIF"
_HAS_EXIF = 0x08  # flag of VP8X (WebP container specification)
_KEYS = "com.apple.quicktime."  # which phones, exiftool and photo programs read
_FIRST_SECONDS = -2_082_844_800  # MP4 counts from 1904 (ISO/IEC 14496-12, 8.2.2)


def webp_with_exif(webp: bytes, exif: bytes) -> bytes:
    """Return an animated WebP with EXIF, which begins with its TIFF header."""
    if webp[12:16] != _VP8X:
        raise ValueError("a WebP without the header of animations")
    body = bytearray(webp[8:])
    body[12] |= _HAS_EXIF  # after "WEBP", "VP8X" and its length
    body += _EXIF + len(exif).to_bytes(4, "little") + exif + bytes(len(exif) % 2)
    return b"RIFF" + len(body).to_bytes(4, "little") + bytes(body)


def mp4_with_metadata(mp4: bytes, record: PhotoRecord, *, strip_gps: bool) -> bytes:
    """Return an MP4 with the photo's date, place and camera; its pictures stay as they are."""
    import av

    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "clip.mp4"
        options = {"movflags": "+faststart+use_metadata_tags"}
        with (
            cast("InputContainer", av.open(io.BytesIO(mp4))) as source,
            av.open(str(to), "w", options=options) as target,
        ):
            stream = source.streams.video[0]
            copy = target.add_stream_from_template(stream)
            target.metadata.update(_known(record, strip_gps=strip_gps))
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    target.mux(packet)
        return to.read_bytes()


def _known(record: PhotoRecord, *, strip_gps: bool) -> dict[str, str]:
    found = {"make": record.camera_make, "model": record.camera_model}
    if record.taken_at is not None:
        moment = record.taken_at.isoformat(timespec="seconds")
        found["creationdate"] = f"{moment}{record.taken_at_offset or ''}"
    if not strip_gps and record.latitude is not None and record.longitude is not None:
        # ISO 6709
        altitude = f"{record.altitude_m:+.3f}" if record.altitude_m is not None else ""
        found["location.ISO6709"] = f"{record.latitude:+09.5f}{record.longitude:+010.5f}{altitude}/"
    tags = {_KEYS + name: text for name, text in found.items() if text}
    seconds = capture_seconds(record)
    if seconds is not None and seconds >= _FIRST_SECONDS:
        # In UTC, in the header: what programs go by that know no keys.
        tags["creation_time"] = datetime.fromtimestamp(seconds, UTC).isoformat()
    return tags
