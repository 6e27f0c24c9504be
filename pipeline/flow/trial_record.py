"""A plan's record for a dry run: a catalog in memory, which is gone afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.catalog import context_rows, files, group_rows, survey_rows
from pipeline.catalog.database import make_tables
from pipeline.catalog.in_lists import in_groups
from pipeline.catalog.photo_filters import PhotoFilters
from pipeline.catalog.photo_texts import refresh_texts
from pipeline.catalog.query import select_among
from pipeline.context.groups.similar import MAX_GAP
from pipeline.scan.identify import Identified
from schemas.context import Said
from schemas.groups import Fingerprint, GroupCandidate, PhotoGroup
from schemas.outcomes import Surveyed
from schemas.tables import photo_paths, photos


class TrialRecord:
    """Keeps what a dry run finds, and selects by it and by the catalog, if there is one."""

    def __init__(self, catalog: Connection | None, filters: PhotoFilters) -> None:
        self._catalog = catalog
        self._filters = filters
        engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        self._trial = engine.connect()
        with self._trial.begin():
            make_tables(self._trial)
        self._kept: set[str] = set()

    def add(self, found: Sequence[Identified], surveys: Sequence[Surveyed]) -> None:
        """Keep files that are new or changed, and what photos say."""
        files_found = [(one.photo, one.skip) for one in found]
        surveyed = [survey.file.photo_id for survey in surveys]
        with self._trial.begin():
            self._copy({*surveyed, *(file.photo_id for file, _ in files_found)} - self._kept)
            if files_found:
                refresh_texts(self._trial, files.add_found(self._trial, files_found))
            survey_rows.record_surveys(self._trial, surveys)
            refresh_texts(self._trial, [survey.file.photo_id for survey in surveys])
        self._kept.update(surveyed)

    def said_before(self, photo_ids: Sequence[str]) -> Mapping[str, Sequence[Said]]:
        """Return what is recorded of photos' contexts."""
        if self._catalog is None:
            return {}
        with self._catalog.begin():
            return context_rows.read_said(self._catalog, photo_ids)

    def selected(self, photo_ids: Sequence[str]) -> Collection[str]:
        """Return which of these photos the filters select."""
        with self._trial.begin():
            found = select_among(
                self._trial, self._filters, [one for one in photo_ids if one in self._kept]
            )
        if self._catalog is not None:
            others = [one for one in photo_ids if one not in self._kept]
            with self._catalog.begin():
                found |= select_among(self._catalog, self._filters, others)
        return found

    def candidates(self, photo_ids: Collection[str]) -> list[GroupCandidate]:
        """Return photos that the dry run has found; recorded ones are not compared with them."""
        with self._trial.begin():
            return group_rows.read_candidates(self._trial, photo_ids, MAX_GAP)

    def record_groups(
        self,
        fingerprints: Mapping[str, Fingerprint],
        candidates: Collection[str],
        groups: Sequence[PhotoGroup],
    ) -> None:
        """Keep the fingerprints, and the groups of the candidates."""
        with self._trial.begin():
            group_rows.record_fingerprints(self._trial, fingerprints)
            group_rows.record_groups(self._trial, candidates, groups)

    def represented(self, photo_ids: Collection[str]) -> Collection[str]:
        """Return those of these photos for which another one of their group stands."""
        with self._trial.begin():
            found = group_rows.represented(self._trial, photo_ids, self._filters)
        if self._catalog is not None:
            others = [one for one in photo_ids if one not in self._kept]
            with self._catalog.begin():
                found |= group_rows.represented(self._catalog, others, self._filters)
        return found

    def _copy(self, photo_ids: Collection[str]) -> None:
        """Copy the rows of recorded photos that are to be changed."""
        if self._catalog is None:
            return
        with self._catalog.begin():
            for chunk in in_groups(photo_ids):
                for table in (photos, photo_paths):
                    query = sa.select(table).where(table.c.photo_id.in_(chunk))
                    rows = [dict(row._mapping) for row in self._catalog.execute(query)]
                    if rows:
                        self._trial.execute(table.insert(), rows)
