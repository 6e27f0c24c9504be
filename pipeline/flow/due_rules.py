"""Whether a photo is due: it lacks a scene with this model, these settings and its focal length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.catalog.scan_state import RecordedPhoto, ScanState
from pipeline.flow.content_rules import LASTING
from pipeline.flow.scene_id import scene_id_of
from pipeline.metadata.focal import focal_px_of_35mm
from pipeline.scan.size_rules import skip_by_size
from schemas.outcomes import Surveyed
from schemas.reasons import FailureReason, SkipReason
from schemas.records import FocalSource
from schemas.settings import PhotoSettings
from schemas.user_focals import (
    NO_CHANGE,
    SAME_FOCAL,
    FocalChange,
    UserFocals,
    UserFocalSource,
    user_focal_35mm,
)

# Failures that are not the photo's fault: the next run tries again without being asked.
_PASSING = frozenset({FailureReason.DISK_FULL})


@dataclass(frozen=True, slots=True)
class DueRules:
    """Decides whether a photo is due, by the recorded state and what this run changes."""

    state: ScanState
    model_fingerprint: str
    settings: PhotoSettings
    retry_failed: bool = False
    focal_change: FocalChange = NO_CHANGE

    def is_due(self, photo_id: str, media_type: str) -> bool:
        """Tell whether the photo lacks its scene, and nothing speaks against making it."""
        if self._has_scene(photo_id, media_type):
            return False
        if self.skip_of(photo_id) is not None:
            return False
        photo = self.state.get(photo_id)
        failures = photo.failures if photo is not None else {}
        reasons = {failures.get(one) for one in (None, self.model_fingerprint)} - {None}
        return self.retry_failed or reasons <= _PASSING

    def skip_of(self, photo_id: str) -> SkipReason | None:
        """Return why a photo is skipped by what is recorded of it, if it is."""
        photo = self.state.get(photo_id)
        if photo is None:
            return None
        lasting = next((reason for reason in LASTING if reason == photo.reason), None)
        if lasting is not None:
            return lasting
        if photo.is_sphere and not self.settings.allow_360:
            return SkipReason.PANORAMA_360
        if photo.width is None or photo.height is None:
            return None
        return skip_by_size(photo.width, photo.height, self.settings, is_sphere=photo.is_sphere)

    def user_focals(self, photo_id: str) -> UserFocals:
        """Return the focal lengths that are set for a photo, with what this run changes."""
        return self.focal_change.applied_to(self._recorded_focals(photo_id))

    def changes_focal(self, photo_id: str) -> bool:
        """Tell whether this run sets or takes back the photo's focal length."""
        return self.user_focals(photo_id) != self._recorded_focals(photo_id)

    def _recorded_focals(self, photo_id: str) -> UserFocals:
        photo = self.state.get(photo_id)
        return photo.user_focals if photo is not None else {}

    def note_survey(self, survey: Surveyed) -> None:
        """Take metadata that was read again into account."""
        photo = self.state.get(survey.file.photo_id)
        if photo is None:
            return
        focals = dict(photo.user_focals)
        focals.pop(UserFocalSource.SIDECAR, None)
        if survey.meta.focal.sidecar_focal_35mm is not None:
            focals[UserFocalSource.SIDECAR] = survey.meta.focal.sidecar_focal_35mm
        photo.user_focals = focals
        photo.own_focal_px = None
        if survey.focal is not None and survey.focal.source is not FocalSource.USER:
            photo.own_focal_px = survey.focal.px

    def _has_scene(self, photo_id: str, media_type: str) -> bool:
        """Tell whether a scene was made with the focal length that counts now.

        That is one for which the same was set, or one of which the pixels come to the same: a
        sidecar may only repeat what the photo says.
        """
        photo = self.state.get(photo_id)
        if photo is None:
            return False
        wanted = user_focal_35mm(self.user_focals(photo_id))
        made = photo.scene_user_focals
        for user_focal in (wanted, *self._others(wanted, made)):
            scene_id = scene_id_of(
                *(photo_id, media_type, self.model_fingerprint, self.settings, user_focal),
                is_sphere=photo.is_sphere,
            )
            focal_px = photo.scene_focal_px.get(scene_id)
            if focal_px is not None and (
                _is_same(made.get(scene_id), wanted) or _is_same(focal_px, _focal_px(photo, wanted))
            ):
                return True
        return False

    def _others(self, wanted: float | None, made: Mapping[str, float]) -> Iterator[float | None]:
        """Yield what else may have been set when the photo's scenes were made."""
        if wanted is not None:
            yield None
        yield from set(made.values()) - {wanted}


def _focal_px(photo: RecordedPhoto, user_focal: float | None) -> float | None:
    """Return the focal length that counts now, in pixels; None where it is not known."""
    if user_focal is None:
        return photo.own_focal_px
    if photo.width is None or photo.height is None:
        return None
    return focal_px_of_35mm(user_focal, photo.width, photo.height)


def _is_same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=SAME_FOCAL)
