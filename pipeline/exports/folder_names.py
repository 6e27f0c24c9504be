"""Names that are free in a folder of exports.

A photo keeps the name that it once got there. A name that another photo or a foreign file has is
not free; the photo's id is added to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.exports.exported import Exported
from pipeline.exports.manifest import MANIFEST_CSV, MANIFEST_JSONL
from pipeline.exports.names import candidates, same_name
from pipeline.exports.target import ExportTarget


class FileForm(NamedTuple):
    """What is before and after the stem in the names of one kind's files."""

    folder: str  # with a slash at its end; "" for none
    suffix: str

    def file(self, stem: str) -> str:
        """Return the file of a stem, relative to the folder of exports."""
        return f"{self.folder}{stem}{self.suffix}"

    def stem(self, file: str) -> str | None:
        """Return the stem of a file of this form; None for other files."""
        if file.startswith(self.folder) and file.endswith(self.suffix):
            return file[len(self.folder) :].removesuffix(self.suffix)
        return None


class FolderNames:
    """Who has which name in a folder, as far as some photos can ask for it."""

    def __init__(
        self, target: ExportTarget, stems: Mapping[str, str], forms: Sequence[FileForm]
    ) -> None:
        """Prepare for photos with these stems, by photo_id, and for files of these forms."""
        self._target = target
        self._forms = forms
        self._wanted_of = stems
        self._wanted = {same_name(stem) for stem in stems.values()}
        self._folded = [FileForm(*map(same_name, form)) for form in forms]
        self._stems: dict[str, str] = {}  # -> photo_id
        self._files: dict[str, str] = {
            same_name(name): "" for name in (MANIFEST_JSONL, MANIFEST_CSV)
        }

    def add(self, exports: Iterable[Exported]) -> dict[str, Exported]:
        """Mark the names of these exports as taken; return the ones that matter, by `file`.

        Others are not kept: a folder may hold millions of exports, and few photos be due.
        """
        kept = {}
        for exported in exports:
            if self._matters(exported):
                kept[exported.file] = exported
                self._take(exported.stem, exported.file, exported.photo_id)
        return kept

    def names_for(self, photo_id: str) -> list[tuple[str, str]]:
        """Return stem and file for each form, and mark them as taken."""
        stem = self._wanted_of[photo_id]
        names = self._free_for_all(stem, photo_id) or [
            self._free_for_one(stem, form, photo_id) for form in self._forms
        ]
        for stem, file in names:
            self._take(stem, file, photo_id)
        return names

    def _matters(self, exported: Exported) -> bool:
        """Tell whether a candidate of a wanted stem can be this export's stem or file."""
        if exported.photo_id in self._wanted_of:
            return True
        file = same_name(exported.file)
        names = [same_name(exported.stem)]
        names += filter(None, (form.stem(file) for form in self._folded))
        # Candidates are the stem itself, or the stem with "_" and digits of an id.
        return any(
            name in self._wanted or name.rpartition("_")[0] in self._wanted for name in names
        )

    def _take(self, stem: str, file: str, photo_id: str) -> None:
        self._stems.setdefault(same_name(stem), photo_id)
        self._files[same_name(file)] = photo_id

    def _free_for_all(self, stem: str, photo_id: str) -> list[tuple[str, str]] | None:
        """Return the first name that is free for all of a photo's files."""
        for candidate in candidates(stem, photo_id):
            files = [form.file(candidate) for form in self._forms]
            if all(self._is_free(candidate, file, photo_id) for file in files):
                return [(candidate, file) for file in files]
        return None

    def _free_for_one(self, stem: str, form: FileForm, photo_id: str) -> tuple[str, str]:
        for candidate in candidates(stem, photo_id):
            if self._is_free(candidate, form.file(candidate), photo_id):
                break
        return candidate, form.file(candidate)

    def _is_free(self, stem: str, file: str, photo_id: str) -> bool:
        owner = self._files.get(same_name(file))
        if owner is not None:
            return owner == photo_id
        if self._stems.get(same_name(stem), photo_id) != photo_id:
            return False
        return not os.path.lexists(self._target.absolute(file))
