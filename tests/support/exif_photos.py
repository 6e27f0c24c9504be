"""EXIF made for a test, and the same EXIF in every container."""

from __future__ import annotations

import io
import zlib

import pillow_heif
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational


def exif_with(
    main: dict[int, object], exif: dict[int, object] | None = None, gps: dict | None = None
) -> Image.Exif:
    """EXIF of these tags in IFD0, the Exif IFD and the GPS IFD."""
    made = Image.Exif()
    made.update(main)
    for ifd, tags in ((IFD.Exif, exif), (IFD.GPSInfo, gps)):
        if tags:
            made.get_ifd(ifd).update(tags)
    return made


def some_exif() -> Image.Exif:
    """EXIF with a bit of everything that PhotoMeta holds."""
    return exif_with(
        {Base.Make: "Canon\0\0 ", Base.Model: "Canon  EOS 7D", Base.Orientation: 6},
        {
            Base.DateTimeOriginal: "2014:09:16 14:05:12",
            Base.SubsecTimeOriginal: "07",
            Base.OffsetTimeOriginal: "-03:30",
            Base.LensModel: "EF 50mm f/1.8",
            Base.FocalLength: IFDRational(500, 10),
            Base.FocalLengthIn35mmFilm: 80,
            Base.DigitalZoomRatio: IFDRational(3, 2),
            Base.ExifImageWidth: 5184,
            Base.ExifImageHeight: 3456,
            Base.FocalPlaneXResolution: IFDRational(5184000, 907),
            Base.FocalPlaneResolutionUnit: 2,
        },
        {
            GPS.GPSLatitudeRef: "S",
            GPS.GPSLatitude: (33.0, 51.0, 25.2),
            GPS.GPSLongitudeRef: "W",
            GPS.GPSLongitude: (70.0, 30.5, 0.0),
            GPS.GPSAltitudeRef: b"\1",
            GPS.GPSAltitude: 12.5,
        },
    )


def tiff_block(exif: Image.Exif) -> bytes:
    return exif.tobytes().removeprefix(b"Exif\0\0")


def packed(exif: Image.Exif) -> bytes:
    """The bytes to save with a picture: none for EXIF without a tag."""
    return (
        exif.tobytes() if len(exif) or exif.get_ifd(IFD.Exif) or exif.get_ifd(IFD.GPSInfo) else b""
    )


def saved(kind: str, exif: Image.Exif) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "teal").save(file, kind, exif=packed(exif))
    return file.getvalue()


def jpeg(exif: Image.Exif) -> bytes:
    return saved("JPEG", exif)


def heif(exif: Image.Exif) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 64), "teal")).save(file, exif=exif.tobytes())
    return file.getvalue()


def png_of_imagemagick(exif: Image.Exif, *, compressed: bool) -> bytes:
    """A PNG with EXIF as hex digits in a text chunk."""
    profile = exif.tobytes()
    text = b"\nexif\n%8d\n" % len(profile) + profile.hex("\n", 36).encode() + b"\n"
    kind = b"zTXt" if compressed else b"tEXt"
    chunk = b"Raw profile type exif\0" + (b"\0" + zlib.compress(text) if compressed else text)
    whole = len(chunk).to_bytes(4, "big") + kind + chunk
    png = saved("PNG", Image.Exif())
    after_header = 8 + 25
    checksum = zlib.crc32(kind + chunk).to_bytes(4, "big")
    return png[:after_header] + whole + checksum + png[after_header:]


def cr3(exif: Image.Exif) -> bytes:
    """The boxes of a CR3 that hold metadata: each directory is a TIFF file of its own."""

    def box(kind: bytes, content: bytes) -> bytes:
        return (8 + len(content)).to_bytes(4, "big") + kind + content

    main = exif_with({tag: exif[tag] for tag in (Base.Make, Base.Model, Base.Orientation)})
    directories = (main, exif_with(exif.get_ifd(IFD.Exif)), exif_with(exif.get_ifd(IFD.GPSInfo)))
    boxes = zip((b"CMT1", b"CMT2", b"CMT4"), directories, strict=True)
    uuid = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    content = uuid + b"".join(box(kind, tiff_block(directory)) for kind, directory in boxes)
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", content))


def raf(exif: Image.Exif) -> bytes:
    """A RAF: a header of Fujifilm's, then a JPEG that holds the tags."""
    return b"FUJIFILMCCD-RAW 0201".ljust(148, b"\0") + jpeg(exif)
