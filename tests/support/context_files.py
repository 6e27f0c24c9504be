"""Files in which people's programs keep what they know of photos."""

from __future__ import annotations

import json
from pathlib import Path


def write_rating(photo: Path, stars: int, **texts: str) -> Path:
    """Write an XMP sidecar with stars, and properties such as dc_title or xmp_Label."""
    attributes = " ".join(f'{name.replace("_", ":", 1)}="{text}"' for name, text in texts.items())
    path = photo.with_suffix(".xmp")
    path.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        f'xmp:Rating="{stars}" {attributes}/></rdf:RDF></x:xmpmeta>'
    )
    return path


def write_takeout(
    photo: Path, timestamp: int = 1_563_120_000, people: tuple[str, ...] = (), **fields: object
) -> Path:
    """Write the JSON that Google Takeout has beside a photo."""
    path = photo.with_name(f"{photo.name}.json")
    content = {
        "title": photo.name,
        "description": "",
        "photoTakenTime": {"timestamp": str(timestamp)},
        "people": [{"name": name} for name in people],
        **fields,
    }
    path.write_text(json.dumps(content))
    return path


def write_album(folder: Path, title: str) -> Path:
    """Write the metadata.json of an album of Google Takeout."""
    path = folder / "metadata.json"
    path.write_text(json.dumps({"title": title, "description": "", "access": "protected"}))
    return path


def write_picasa(folder: Path, stars: tuple[str, ...]) -> Path:
    """Write the file of Picasa that gives a star to photos of these names."""
    path = folder / ".picasa.ini"
    path.write_text("".join(f"[{name}]\nstar=yes\n" for name in stars))
    return path
