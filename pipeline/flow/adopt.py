"""Takes the scene of one photo from another library, in place of making it again.

A scene that was made with the model and the settings of this run, of the same bytes, is what this
run would make: its files are copied. Whatever does not fit is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.flow.flow import Flow
from pipeline.flow.inline import run_inline
from pipeline.flow.scene_id import scene_id_of
from pipeline.store.store import Store
from pipeline.work.failures import failed
from pipeline.work.monitor import RunMonitor
from pipeline.work.stop import Stop
from schemas.errors import PhotoError
from schemas.outcomes import Done, Failed, Outcome, Stage, Waiting
from schemas.records import PhotoFile, StoredFile


@dataclass(frozen=True, slots=True)
class Adoption:
    """A scene to take, and the files of the library that has it."""

    done: Done
    store: Store

    def run(
        self, flow: Flow, photos: Iterator[PhotoFile], stop: Stop, monitor: RunMonitor
    ) -> Iterator[Outcome | Waiting]:
        """Carry photos through a flow: the one that has the scene takes it. A `Runner`."""
        for photo in photos:
            if stop.is_asked:
                return
            if self._fits(flow, photo):
                yield self._adopted(flow, photo)
                yield Waiting()
            else:
                yield from run_inline(flow, iter([photo]), stop, monitor)

    def _fits(self, flow: Flow, photo: PhotoFile) -> bool:
        """Tell whether the flow would make this very scene of the photo."""
        scene, encode = self.done.scene, flow.encode
        scene_id = scene_id_of(
            photo.photo_id,
            photo.media_type,
            encode.model.fingerprint,
            encode.settings,
            replace(self.done.photo, file=photo).user_focal_35mm,
            is_sphere=self.done.photo.sphere is not None,
        )
        is_stored_alike = (scene.format, scene.quality) == (
            encode.writer.format,
            encode.writer.quality,
        )
        return scene_id == scene.scene_id and is_stored_alike and encode.previews is None

    def _adopted(self, flow: Flow, photo: PhotoFile) -> Done | Failed:
        store, fingerprint = flow.decode.store, flow.encode.model.fingerprint
        assert store is not None, "a library has a store"
        try:
            splat = self._copied(self.done.scene.splat, store)
            thumb = self._copied(self.done.photo.thumb, store)
        except (OSError, PhotoError) as error:
            return failed(photo, Stage.ENCODE, error, self.done.photo.meta, fingerprint)
        return replace(
            self.done,
            photo=replace(self.done.photo, file=photo, thumb=thumb),
            scene=replace(self.done.scene, splat=splat),
        )

    def _copied(self, file: StoredFile, store: Store) -> StoredFile:
        data = self.store.read_bytes(file.path)
        return store.write(file.path, lambda out: out.write(data))
