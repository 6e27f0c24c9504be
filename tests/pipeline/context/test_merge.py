from datetime import datetime, timedelta

from pipeline.context.merge import merge
from schemas.context import ContextFacts, ContextSource, PhotoContext

S = ContextSource


def test_nothing_said_is_an_empty_context() -> None:
    assert merge([]) == PhotoContext()
    assert merge([ContextFacts(source=S.EXIF)]) == PhotoContext()


def test_the_most_trusted_source_gives_single_values_whatever_the_order() -> None:
    said = [
        ContextFacts(source=S.LIGHTROOM, rating=2, title="from Lightroom", label="Red"),
        ContextFacts(source=S.EMBEDDED_XMP, rating=3, title="from the file"),
        ContextFacts(source=S.SIDECAR, rating=5),
    ]
    context = merge(said)
    assert (context.rating, context.title, context.label) == (5, "from the file", "Red")
    assert context.sources == {
        "rating": (S.SIDECAR,),
        "title": (S.EMBEDDED_XMP,),
        "label": (S.LIGHTROOM,),
    }
    assert merge(reversed(said)) == context


def test_a_rating_of_zero_gives_way_to_stars() -> None:
    camera = ContextFacts(source=S.EMBEDDED_XMP, rating=0)
    assert merge([camera, ContextFacts(source=S.LIGHTROOM, rating=4)]).rating == 4
    assert merge([camera]).rating == 0
    assert merge([camera, ContextFacts(source=S.LIGHTROOM, rating=-1)]).rating == -1


def test_a_sidecar_takes_away_the_stars_in_the_file() -> None:
    inside = ContextFacts(source=S.EMBEDDED_XMP, rating=3)
    sidecar = ContextFacts(source=S.SIDECAR, rating=0)
    assert merge([inside, sidecar]).rating == 0
    assert merge([inside, sidecar, ContextFacts(source=S.DIGIKAM, rating=2)]).rating == 2


def test_one_yes_is_a_yes() -> None:
    said = [
        ContextFacts(source=S.APPLE_PHOTOS, favorite=False, hidden=False),
        ContextFacts(source=S.PICASA, favorite=True),
    ]
    context = merge(said)
    assert (context.favorite, context.hidden, context.trashed) == (True, False, None)
    assert context.sources["favorite"] == (S.PICASA,)


def test_names_are_those_of_all_sources_each_once() -> None:
    context = merge(
        [
            ContextFacts(source=S.TAKEOUT, people=("ada", "René"), albums=("Italy",)),
            ContextFacts(source=S.EMBEDDED_XMP, people=("Ada", "Rene"), keywords=("sea",)),
        ]
    )
    assert context.people == ("Ada", "Rene", "René")  # accents make another name
    assert context.sources["people"] == (S.EMBEDDED_XMP, S.TAKEOUT)
    assert (context.albums, context.keywords) == (("Italy",), ("sea",))


def test_a_folder_is_an_album_only_where_no_other_source_names_one() -> None:
    folder = ContextFacts(source=S.FOLDER, albums=("2019 Rome",))
    assert merge([folder]).albums == ("2019 Rome",)
    context = merge([folder, ContextFacts(source=S.DIGIKAM, albums=("Italy",))])
    assert (context.albums, context.sources["albums"]) == (("Italy",), (S.DIGIKAM,))


def test_a_time_and_a_position_are_of_one_source_each() -> None:
    taken = datetime(2019, 7, 14, 12)
    context = merge(
        [
            ContextFacts(source=S.TAKEOUT, taken_at=taken, latitude=60.39, longitude=5.32),
            ContextFacts(
                source=S.APPLE_PHOTOS,
                taken_at=datetime(2001, 1, 1),
                taken_at_offset=timedelta(hours=2),
                latitude=1.0,
                longitude=2.0,
                altitude_m=3.0,
            ),
        ]
    )
    assert (context.taken_at, context.taken_at_offset) == (taken, None)
    assert (context.latitude, context.longitude, context.altitude_m) == (60.39, 5.32, None)
