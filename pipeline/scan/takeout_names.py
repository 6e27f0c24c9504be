"""Which JSON file of a Google Takeout belongs to a photo, by the names in one folder.

Google names the JSON after the photo's title and cuts the name at 46 characters:

    IMG_1.jpg      IMG_1.jpg.json, or since 2024 IMG_1.jpg.supplemental-metadata.json, cut anywhere
    IMG_1(1).jpg   IMG_1.jpg(1).json or IMG_1.jpg.supplemental-metadata(1).json, rarely
                   IMG_1(1).jpg.json
    IMG_1-edited.jpg   an edit, "-edited" in the person's language: it has the JSON of IMG_1.jpg,
                       and so has IMG_1-edited(1).jpg where no IMG_1(1).jpg is

Google documents none of this; the rules are what users of Takeout have found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_JSON = ".json"
_SUPPLEMENT = ".supplemental-metadata"
_MOST_UNITS = 46  # of UTF-16, in the name of a JSON without its ending and its number
_PHOTO_UNITS = 47  # in the name of a photo without its ending and its number
_LEAST_OF_EDITED = 3  # characters that are left of "-edited" in a name that was cut
_NUMBER = re.compile(r"(.*)\((\d+)\)(\.[^.()]*)?", re.DOTALL)
# English, what Google Photos makes itself, and "edited" in other languages.
_EDITED_WORDS = (
    "edited|effects|smile|mix"
    "|bearbeitet|modifié|modificato|editado|ha editado|editat|bewerkt|edytowane|redigeret|redigert"
    "|redigerad|muokattu|upravené|upraveno|szerkesztett|editată|editat(ă)|düzenlendi"
    "|отредактировано|измененный|відредаговано|редактирано|编辑|已修改|已編輯|編集済み|수정됨|편집됨"
)
_EDITED = tuple(f"-{word}" for word in _EDITED_WORDS.split("|"))
# "metadata", as the JSON of an album is called, begins alike in nearly every language.
_ALBUM_NAME = re.compile(r"(?:m[eé]ta|мета|μετα|メタ|元数据|元資料|中繼|메타|siêu dữ|מטא)[^.]*")


class TakeoutNames:
    """The JSON files of one folder, to be asked for the one of each photo."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the names of the JSON files in a folder, in any order."""
        self._names: dict[str, str] = {}
        self._by_stem: dict[tuple[str, str], str] = {}
        self._by_title: dict[tuple[str, str], str] = {}
        for name in sorted(names):
            base = _folded(name.removesuffix(_JSON))
            self._names[base] = name
            title, number = _split_number(base)
            title = _without_supplement(title)
            self._by_title.setdefault((title, number), name)
            stem = title.rpartition(".")[0]
            if stem:
                self._by_stem.setdefault((stem, number), name)

    def find(self, photo: str) -> str | None:
        """Return the JSON of a photo by its name, or None."""
        name = _folded(photo)
        title, number = _split_number(name)
        own = self._first(_names_of(name)) or self._by_title.get((title, number))
        if own is not None:
            return own
        original = original_of_edit(name)
        if original is not None:
            return self._of_original(original)
        # A copy whose number Google has left out, which happens to names that were cut.
        short = _cut(title)
        return self._names.get(short) if number and short != title else None

    def _of_original(self, original: str) -> str | None:
        """Return the JSON of a photo of which there is an edit; its suffix may be another one."""
        title, number = _split_number(original)
        for name, end in ((original, number), (title, "")):
            found = self._first(_names_of(name))
            found = found or self._by_stem.get((title.rpartition(".")[0], end))
            if found is not None:
                return found
        return None

    def _first(self, bases: Iterable[str]) -> str | None:
        return next((self._names[base] for base in bases if base in self._names), None)


def original_of_edit(photo: str) -> str | None:
    """Return the name of the photo that another is an edit of, by the latter's name; or None.

    "IMG_1-edited(2).jpg" is an edit of "IMG_1(2).jpg".
    """
    stem, dot, suffix = unicodedata.normalize("NFC", photo).rpartition(".")
    stem, number = _split_number(stem)
    is_cut = _units(stem) >= _PHOTO_UNITS
    for word in _EDITED:
        for length in range(len(word), _LEAST_OF_EDITED - 1 if is_cut else len(word) - 1, -1):
            if length < len(stem) and stem[-length:].casefold() == word[:length]:
                return f"{stem[:-length]}{f'({number})' if number else ''}{dot}{suffix}"
    return None


def is_album_json(name: str) -> bool:
    """Tell whether a JSON file's name is that of an album's, such as "metadata.json"."""
    if not name.endswith(_JSON):
        return False
    return _ALBUM_NAME.fullmatch(_folded(name.removesuffix(_JSON))) is not None


def _names_of(photo: str) -> Iterator[str]:
    """Yield the possible names of a photo's JSON, without the ending, most certain first."""
    title, number = _split_number(photo)
    end = f"({number})" if number else ""
    without_ending = title.rpartition(".")[0]  # as the title of some photos is
    for name, after in ((photo, ""), (title, end), (without_ending, end)):
        if name:
            for full in (name, name + _SUPPLEMENT):
                yield full + after
                yield _cut(full) + after


def _without_supplement(title: str) -> str:
    before, dot, suffix = title.rpartition(".")
    return before if dot and suffix and _SUPPLEMENT.startswith(f".{suffix}") else title


def _split_number(name: str) -> tuple[str, str]:
    """Split "IMG(1).jpg" and "IMG.jpg(1)" into the name without the number, and the number."""
    match = _NUMBER.fullmatch(name)
    return (match[1] + (match[3] or ""), match[2]) if match else (name, "")


def _cut(name: str) -> str:
    """Cut a name as Google does, without half a character at the end."""
    if _units(name) <= _MOST_UNITS:
        return name
    return name.encode("utf-16-le")[: 2 * _MOST_UNITS].decode("utf-16-le", "ignore")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
