from __future__ import annotations

from pathlib import Path

from pipeline.catalog.filters import Filters
from pipeline.catalog.query import find_photo_ids
from pipeline.catalog.user_marks import set_favorite
from pipeline.context.merge import merge
from pipeline.context.of_photo import context_sources
from schemas.context import BY_POSITION, NOWHERE, ContextFacts, ContextSource, ContextUpdate, Said
from tests.support.library_of_records import new_catalog, photo_file


def test_a_favorite_of_the_gallery_counts_before_what_others_say(
    tmp_path: Path, catalog_url: str | None
) -> None:
    a, b = photo_file("a.jpg"), photo_file("b.jpg")
    facts = ContextFacts(source=ContextSource.LIGHTROOM, favorite=True)
    said = (Said("/a.lrcat", facts),)
    update = ContextUpdate(a.photo_id, said, merge([facts]), NOWHERE, BY_POSITION)
    with new_catalog(tmp_path, catalog_url) as writer:
        writer.add_found([(a, None), (b, None)])
        writer.record_contexts([update])

        def favorites() -> set[str]:
            with writer.engine.connect() as reader:
                return find_photo_ids(reader, Filters(favorite=True))

        assert favorites() == {a.photo_id}
        with writer.engine.begin() as gallery:
            assert set_favorite(gallery, [b.photo_id, "unknown"], True) == 1
            assert set_favorite(gallery, [a.photo_id], False) == 1
        assert favorites() == {b.photo_id}
        writer.record_contexts([update])  # a run reads the collection again
        assert favorites() == {b.photo_id}
        with writer.engine.connect() as reader:
            assert context_sources(reader, b.photo_id) == {"favorite": ["gallery"]}
        writer.mark_missing([b.path], [])
        writer.settle()
        assert favorites() == set()
