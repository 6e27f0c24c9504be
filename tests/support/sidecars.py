"""XMP sidecars as programs write them beside photos."""

from __future__ import annotations

from pathlib import Path


def write_sidecar(path: Path, focal_35mm: float | None = None, lens: str | None = None) -> Path:
    """Write an XMP file that may set a focal length (35 mm equivalent) and name a lens."""
    fields = {"exif:FocalLengthIn35mmFilm": focal_35mm, "aux:Lens": lens}
    attributes = " ".join(f'{name}="{value}"' for name, value in fields.items() if value)
    path.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        f'xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" {attributes}/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    return path
