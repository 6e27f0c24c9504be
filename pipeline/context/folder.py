"""The name of a photo's folder as its album, where nothing else names one.

Not every folder's name says something: cameras number theirs, programs name them by the date, and
everyone has a "Pictures".
"""

from __future__ import annotations

import re

from pipeline.context.source import PhotoMaterial
from pipeline.context.texts import clean
from pipeline.scan.name_rules import APPLE_LIBRARY_SUFFIXES
from schemas.context import ContextFacts, ContextSource

# DCF, the cameras' rule for folders: three digits and five characters, as in 100APPLE, 101_PANA.
# Newer cameras name folders by the day: 1230915_, 10240915.
_OF_CAMERA = re.compile(r"\d{3}[A-Z0-9_]{5}|\d{3}_\d{4}", re.IGNORECASE)
_NUMBERS_ALONE = re.compile(r"[\W\d_]+")  # dates and counters too
_MONTH_NAMES = (
    "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
)
_MONTHS = frozenset(_MONTH_NAMES.split())
# What computers, phones and programs call the folder of all photos, or one that says where they
# come from, and not what they show.
_GENERIC = frozenset(
    (
        "camera cameraroll camera_roll dcim pictures my_pictures saved_pictures photos my_photos"
        " photo pics images image media originals masters raw raws jpg jpeg jpegs heic tif tiff png"
        " edited exports export import imports imported downloads download desktop documents temp"
        " tmp new misc unsorted inbox backup uploads upload screenshots data files home users"
        " volumes archive archiv trash bin takeout google_photos google_fotos google_foto"
        " icloud_photos photo_library photos_library sent private whatsapp_images bilder fotos foto"
        " fotografien imágenes imagenes immagini fotografie obrazy zdjęcia kuvat billeder"
        " afbeeldingen"
    ).split()
)
# "Photos from 2019": what Google Takeout calls its folders of years, in many languages.
_OF_TAKEOUT_YEAR = re.compile(
    r"(?:photos?|fotos?|foto.s|foton|fotky|fotografías|fotografies|fotografii|zdjęcia|kuvat|kuvia"
    r"|bilder|billeder|fényképek|фото|фотографии|фотографії|снимки)"
    r"(?: \w{1,4}){0,2} \d{4}|\d{4} ?(?:年の写真|年的照片|年相片|년의 사진)",
    re.IGNORECASE,
)
# What it calls albums without a name, each with a number.
_UNTITLED = re.compile(
    r"(?:untitled|unbenannt|ohne titel|sans titre|sin título|senza titolo|sem título|naamloos"
    r"|bez tytułu|bez názvu|uden titel|uten tittel|utan titel|namnlös|nimetön|без названия"
    r"|без назви|無題|无标题|無標題|제목 없음)\s*(?:\(\d+\))?",
    re.IGNORECASE,
)


def read_photo(photo: PhotoMaterial) -> ContextFacts | None:
    """Return the album that a photo's folder stands for, if it is one."""
    above, _, folder = photo.path.rpartition("/")[0].rpartition("/")
    if any(part.lower().endswith(APPLE_LIBRARY_SUFFIXES) for part in above.split("/")):
        return None  # its folders are numbers: originals/A
    album = album_name(folder)
    return None if album is None else ContextFacts(source=ContextSource.FOLDER, albums=(album,))


def is_takeout_year(name: str) -> bool:
    """Tell whether a folder is one of those by which Google Takeout sorts photos by year."""
    return _OF_TAKEOUT_YEAR.fullmatch(name) is not None


def album_name(folder: str) -> str | None:
    """Return the album that a folder of this name stands for; None for one that says nothing."""
    name = clean(folder)
    if name is None or name.startswith((".", "@", "$")):
        return None
    if is_takeout_year(name) or _OF_CAMERA.fullmatch(name) or _UNTITLED.fullmatch(name):
        return None
    words = re.split(r"[\W\d_]+", name.casefold())
    if _NUMBERS_ALONE.fullmatch(name) or all(word in _MONTHS for word in words if word):
        return None
    if re.sub(r"[\s\-_]+", "_", name.casefold()) in _GENERIC:
        return None
    return name
