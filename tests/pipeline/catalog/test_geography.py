from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from pipeline.catalog.filter_values import GeoArea, parse_area
from pipeline.catalog.filters import Filters
from pipeline.catalog.geography import WORLD, read_clusters, read_places
from pipeline.catalog.query import find_photo_ids
from pipeline.context.merge import merge
from pipeline.library import Library
from schemas.context import (
    BY_POSITION,
    ContextFacts,
    ContextSource,
    ContextUpdate,
    PlaceNames,
    Said,
)
from schemas.errors import UsageError
from tests.support.library_of_records import RUN, done, meta, new_catalog, photo_file

# Cells end at multiples of 45 degrees, halved: 22.5 and 45 are edges.
POSITIONS = [(90.0, 180.0), (-90.0, -180.0), (22.5, 45.0), (22.4999999, 44.9999999), (0.0, 0.0)]
POSITIONS += [(48.85 + index / 1000, 2.29) for index in range(20)]
POSITIONS += [(-33.9, 151.2), (-33.9, -179.99), (69.65, 18.96)]
NAMES = [
    PlaceNames(city="Bergen", region="Vestland", country="Norway"),
    PlaceNames(city="Tromsø", region="Troms", country="Norway"),
    PlaceNames(location="Mitte", city="Berlin", region="Berlin", country="Germany"),
    PlaceNames(country="Georgia"),
    PlaceNames(city="Atlanta", region="Georgia", country="United States"),
]


@pytest.fixture
def catalog(tmp_path: Path, catalog_url: str | None) -> Iterator[Connection]:
    with new_catalog(tmp_path, catalog_url) as writer:
        for number, (latitude, longitude) in enumerate(POSITIONS):
            file = photo_file(f"{number}.jpg")
            writer.add_found([(file, None)])
            about = replace(meta(2019, latitude=latitude), longitude=longitude)
            writer.record(done(file, about), RUN)
            facts = ContextFacts(source=ContextSource.LIGHTROOM, title="x")
            names = NAMES[number % len(NAMES)]
            said = (Said("/a.lrcat", facts),)
            writer.record_contexts(
                [ContextUpdate(file.photo_id, said, merge([facts]), names, BY_POSITION)]
            )
    with Library.resolve(tmp_path, catalog_url).read() as reader:
        yield reader


def test_the_number_of_a_cluster_is_that_of_the_photos_in_its_area(catalog: Connection) -> None:
    paris = GeoArea(48.8, 2.2, 48.9, 2.4)
    for seen in (WORLD, GeoArea(0, 0, 60, 90), paris, GeoArea(22.4, 44.9, 22.6, 45.1)):
        clusters = read_clusters(catalog, Filters(), seen)
        for cluster in clusters:
            ids = find_photo_ids(catalog, Filters(area=parse_area("--area", str(cluster.area))))
            assert len(ids) == cluster.photos
            assert cluster.area.south <= cluster.latitude <= cluster.area.north
        if seen is WORLD:
            assert sum(cluster.photos for cluster in clusters) == len(POSITIONS)
    assert len(read_clusters(catalog, Filters(), paris)) > 1  # nearer, clusters come apart
    bounds = read_places(catalog, Filters()).bounds
    assert bounds is not None
    assert (bounds.area, bounds.photos) == (WORLD, len(POSITIONS))
    assert read_places(catalog, Filters(text="nothing like this")).bounds is None


@pytest.mark.parametrize(
    "seen", [GeoArea(48.85, 2.29, 48.875, 2.34), GeoArea(89.98, 179.96, 90.0, 180.0)]
)
def test_clusters_keep_their_names_at_the_closest_zoom(catalog: Connection, seen: GeoArea) -> None:
    clusters = read_clusters(catalog, Filters(), seen)
    assert clusters
    for cluster in clusters:
        ids = find_photo_ids(catalog, Filters(area=parse_area("--area", str(cluster.area))))
        assert len(ids) == cluster.photos
        assert cluster.place is not None


def test_the_number_of_a_named_place_is_that_of_its_photos(catalog: Connection) -> None:
    found = read_places(catalog, Filters()).named
    assert {place.names[0] for place in found} == {"Norway", "Germany", "Georgia", "United States"}
    todo = list(found)
    while todo:
        place = todo.pop()
        inside = "/" + "/".join(place.names)
        assert len(find_photo_ids(catalog, Filters(place=inside))) == place.photos, inside
        todo += read_places(catalog, Filters(place=inside), inside).named
    assert len(find_photo_ids(catalog, Filters(place="Georgia"))) > next(
        place.photos for place in found if place.names == ("Georgia",)
    )


@pytest.mark.parametrize("text", ["", "1,2,3", "2,0,1,1", "0,0,91,1", "0,5,1,5", "nan,0,1,1"])
def test_areas_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not an area"):
        parse_area("--area", text)
