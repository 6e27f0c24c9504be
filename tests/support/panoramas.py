"""Panoramas and pictures of fisheye lenses, with the metadata that cameras give them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.ExifTags import Base


def gpano(**fields: object) -> bytes:
    """Return an XMP packet with properties of GPano."""
    attributes = " ".join(f'GPano:{name}="{value}"' for name, value in fields.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
        f"{attributes}/></rdf:RDF></x:xmpmeta>"
    ).encode()


def whole_sphere(width: int, height: int) -> bytes:
    """Return the XMP packet of a picture that shows all of a sphere."""
    return gpano(
        ProjectionType="equirectangular",
        UsePanoramaViewer="True",
        CroppedAreaImageWidthPixels=width,
        CroppedAreaImageHeightPixels=height,
        FullPanoWidthPixels=width,
        FullPanoHeightPixels=height,
        CroppedAreaLeftPixels=0,
        CroppedAreaTopPixels=0,
    )


def write_picture(
    path: Path,
    size: tuple[int, int] = (512, 256),
    *,
    xmp: bytes = b"",
    make: str = "",
    model: str = "",
    lens: str = "",
    pixels: np.ndarray | None = None,
) -> Path:
    """Write a JPEG of smooth colours, or of `pixels`, with this metadata."""
    if pixels is None:
        rng = np.random.default_rng(3)
        small = Image.fromarray(rng.integers(30, 256, (4, 5, 3), dtype=np.uint8))
        picture = small.resize(size, Image.Resampling.BICUBIC)
    else:
        picture = Image.fromarray(pixels)
    exif = Image.Exif()
    for tag, text in ((Base.Make, make), (Base.Model, model)):
        if text:
            exif[tag] = text
    if lens:
        exif.get_ifd(Base.ExifOffset)[Base.LensModel] = lens
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "JPEG", quality=85, exif=exif, **({"xmp": xmp} if xmp else {}))
    return path


def two_circles(height: int = 256) -> np.ndarray:
    """Return the picture (height, 2 * height, 3) of two fisheye lenses side by side."""
    rows, columns = np.mgrid[:height, : 2 * height] + 0.5
    radius = np.hypot(rows - height / 2, columns % height - height / 2)
    return np.where(radius[..., None] < height / 2, (180, 140, 90), 2).astype(np.uint8)
