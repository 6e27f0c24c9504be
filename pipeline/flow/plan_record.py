"""Where a plan keeps what it finds, and asks which photos are selected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pipeline.catalog.context_rows import read_said
from pipeline.catalog.group_rows import read_candidates, represented
from pipeline.catalog.photo_filters import PhotoFilters
from pipeline.catalog.query import select_among
from pipeline.catalog.writer import CatalogWriter
from pipeline.context.groups.similar import MAX_GAP
from pipeline.flow.due_rules import DueRules
from pipeline.flow.moments import GroupRecord
from pipeline.scan.identify import Identified
from schemas.context import Said
from schemas.groups import Fingerprint, GroupCandidate, PhotoGroup
from schemas.outcomes import Surveyed


class PlanRecord(GroupRecord, Protocol):
    """What a plan needs of a catalog while it is carried out."""

    def add(self, found: Sequence[Identified], surveys: Sequence[Surveyed]) -> None:
        """Keep files that are new or changed, and what photos say."""
        ...

    def said_before(self, photo_ids: Sequence[str]) -> Mapping[str, Sequence[Said]]:
        """Return what is recorded of photos' contexts."""
        ...

    def selected(self, photo_ids: Sequence[str]) -> Collection[str]:
        """Return which of these photos a run is to make scenes of."""
        ...

    def represented(self, photo_ids: Collection[str]) -> Collection[str]:
        """Return those of these photos for which another one of their group stands."""
        ...


class CatalogRecord:
    """Keeps what a run finds in its catalog."""

    def __init__(self, catalog: CatalogWriter, filters: PhotoFilters, rules: DueRules) -> None:
        self._catalog = catalog
        self._filters = filters
        self._rules = rules

    def add(self, found: Sequence[Identified], surveys: Sequence[Surveyed]) -> None:
        """Record files, and what photos say."""
        self._catalog.add_surveyed([(one.photo, one.skip) for one in found], surveys)
        changed = dict.fromkeys(
            one.photo.photo_id
            for one in found
            if one.skip is None and self._rules.changes_focal(one.photo.photo_id)
        )
        self._catalog.change_user_focals(list(changed), self._rules.focal_change)

    def said_before(self, photo_ids: Sequence[str]) -> Mapping[str, Sequence[Said]]:
        """Return what is recorded of photos' contexts."""
        with self._catalog.connection.begin():
            return read_said(self._catalog.connection, photo_ids)

    def selected(self, photo_ids: Sequence[str]) -> Collection[str]:
        """Return which of these photos the run's filters select."""
        with self._catalog.connection.begin():
            return select_among(self._catalog.connection, self._filters, photo_ids)

    def candidates(self, photo_ids: Collection[str]) -> list[GroupCandidate]:
        """Return photos, and all to whose groups they may belong."""
        with self._catalog.connection.begin():
            return read_candidates(self._catalog.connection, photo_ids, MAX_GAP)

    def record_groups(
        self,
        fingerprints: Mapping[str, Fingerprint],
        candidates: Collection[str],
        groups: Sequence[PhotoGroup],
    ) -> None:
        """Record the fingerprints, and the groups of the candidates."""
        self._catalog.record_groups(fingerprints, candidates, groups)

    def represented(self, photo_ids: Collection[str]) -> Collection[str]:
        """Return those of these photos for which another one of their group stands."""
        with self._catalog.connection.begin():
            return represented(self._catalog.connection, photo_ids, self._filters)
