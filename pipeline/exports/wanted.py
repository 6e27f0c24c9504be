"""A kind of export that a run is asked for, and whether a scene has it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pipeline.exports.exported import Exported, RecordedExport, record_start
from pipeline.exports.folder_names import FileForm
from pipeline.exports.kind import PROVISIONAL, ExportKind
from pipeline.exports.target import ExportTarget, is_unchanged
from schemas.export_settings import ExportSettings

_TIME = ', "mtime_ns": '  # the last field of a record
_IS_PROVISIONAL = f'"{PROVISIONAL}": true'  # among the facts of a record


def is_provisional(exported: Exported) -> bool:
    """Tell whether a file shows less than it will once the photo can be read."""
    return bool(exported.facts.get(PROVISIONAL))


class WantedKind:
    """A kind, with the settings and the name template that count for it."""

    def __init__(self, kind: ExportKind, settings: ExportSettings, target: ExportTarget) -> None:
        self.kind = kind
        self.form = FileForm(kind.folder, kind.suffix_for(settings))
        self._settings = json.loads(kind.settings_text(settings))
        self._template = settings.name
        self._folder = target.folder
        # As the records of such exports have it.
        self._start = f'{record_start(target)}"settings": {json.dumps(self._settings)}, "facts": '
        self._name = f', "name": {json.dumps(self._template)}, "stem": '

    def is_among(
        self, recorded: Iterable[RecordedExport], more: Iterable[Exported], scene_id: str
    ) -> bool:
        """Tell whether one of a photo's exports, named by this template, is done for good."""
        return any(self._is_recorded(one, scene_id) for one in recorded) or any(
            self._is_final(one, scene_id) for one in more
        )

    def is_done(self, exported: Exported | None, scene_id: str | None) -> bool:
        """Tell whether an export is of this scene and these settings, and its file unchanged."""
        return (
            exported is not None
            and exported.kind == self.kind.name
            and exported.scene_id == scene_id
            and exported.settings == self._settings
            and self._is_unchanged(exported, exported.mtime_ns)
        )

    def _is_final(self, exported: Exported, scene_id: str) -> bool:
        is_named_so = exported.name == self._template
        return is_named_so and not is_provisional(exported) and self.is_done(exported, scene_id)

    def _is_recorded(self, recorded: RecordedExport, scene_id: str) -> bool:
        if recorded.kind != self.kind.name or recorded.scene_id != scene_id:
            return False
        # Most records of a large folder are these: to parse them takes longer than to read them.
        # A quotation mark inside a text is escaped, so nothing but the field matches `_name`.
        head, _, time = recorded.text.rpartition(_TIME)
        is_plain = head.startswith(self._start) and _IS_PROVISIONAL not in head
        if is_plain and self._name in head and time[:-1].isdecimal():
            return self._is_unchanged(recorded, int(time[:-1]))
        return self._is_final(recorded.parsed(), scene_id)

    def _is_unchanged(self, exported: Exported | RecordedExport, mtime_ns: int | None) -> bool:
        path = f"{self._folder}/{exported.file}"
        return is_unchanged(path, exported.bytes, exported.sha256, mtime_ns)
