"""Writes what photos say before their pixels are decoded: metadata, and what is beside them.

A part of the caller's transaction. Many photos are recorded by one statement each: a first run
records all of a collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from pipeline.catalog.context_files import replace_context_files
from pipeline.catalog.context_rows import record_contexts
from pipeline.catalog.photo_columns import (
    FOCAL_COLUMNS,
    KEY,
    focal_columns,
    meta_columns,
    update_by_key,
)
from pipeline.catalog.user_focals import record_sidecar_focals
from schemas.context import METADATA_VERSION
from schemas.outcomes import Surveyed
from schemas.records import PhotoMeta

_UPDATE = update_by_key((*meta_columns(PhotoMeta()), "metadata_version"))
_UPDATE_FOCAL = update_by_key(FOCAL_COLUMNS)


def record_surveys(connection: Connection, surveys: Sequence[Surveyed]) -> None:
    """Record what photos say; of a photo that is in it several times, the last."""
    latest = {survey.file.photo_id: survey for survey in surveys}
    if not latest:
        return
    connection.execute(_UPDATE, [_values(survey) for survey in latest.values()])
    focals_px = [
        {KEY: key, **focal_columns(one.focal)}
        for key, one in latest.items()
        if one.focal is not None
    ]
    if focals_px:
        connection.execute(_UPDATE_FOCAL, focals_px)
    replace_context_files(connection, {key: one.file.context for key, one in latest.items()})
    focals = {key: one.meta.focal.sidecar_focal_35mm for key, one in latest.items()}
    record_sidecar_focals(connection, focals)
    record_contexts(connection, [survey.context for survey in latest.values()])


def _values(survey: Surveyed) -> dict[str, Any]:
    return {
        KEY: survey.file.photo_id,
        "metadata_version": METADATA_VERSION,
        **meta_columns(survey.meta),
    }
