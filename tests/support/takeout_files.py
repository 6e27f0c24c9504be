"""JSON files as Google Takeout writes them."""

from __future__ import annotations

import json


def photo_json(title: str = "IMG_1.jpg", **fields: object) -> bytes:
    """The JSON beside a photo; fields replace those that every photo has."""
    nowhere = {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}
    content = {
        "title": title,
        "description": "",
        "imageViews": "2",
        "creationTime": {"timestamp": "1697872351", "formatted": "21 oct. 2023, 07:12:31 UTC"},
        "photoTakenTime": {"timestamp": "1696573800", "formatted": "6 oct. 2023, 06:30:00 UTC"},
        "geoData": nowhere,
        "geoDataExif": nowhere,
        "url": "https://photos.google.com/photo/made-up",
        "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
        **fields,
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def place(latitude: float, longitude: float, altitude: float = 0.0) -> dict[str, float]:
    """A place as it stands in a JSON."""
    spans = {"latitudeSpan": 0.0, "longitudeSpan": 0.0}
    return {"latitude": latitude, "longitude": longitude, "altitude": altitude, **spans}


def album_json(title: str, *, old: bool = False, **fields: object) -> bytes:
    """The JSON of an album's folder; archives of before 2020 have it one level deeper."""
    content: dict[str, object] = {
        "title": title,
        "description": "",
        "access": "protected",
        "date": {"timestamp": "1697872351", "formatted": "21 oct. 2023, 07:12:31 UTC"},
        **fields,
    }
    return json.dumps({"albumData": content} if old else content, ensure_ascii=False).encode()
