from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.context.xmp import read_embedded, read_sidecar, stars_of_percent
from pipeline.metadata.blocks import MetadataBlocks
from schemas.context import ContextFacts, ContextSource
from tests.support.xmp_documents import bag, languages, packet, photo, rdf, structures


def read(*elements: str, attributes: str = "") -> ContextFacts:
    facts = read_sidecar(photo(sidecar=packet(*elements, attributes=attributes)))
    assert facts is not None
    return facts


def test_a_sidecar_and_the_photo_itself_are_read_alike():
    elements = (bag("dc:subject", "sea"), languages("dc:title", any="Harbour"))
    beside = read(*elements)
    inside = read_embedded(photo(blocks=MetadataBlocks(xmp=rdf(*elements))))
    assert inside is not None
    assert (beside.source, inside.source) == (ContextSource.SIDECAR, ContextSource.EMBEDDED_XMP)
    for facts in (beside, inside):
        assert (facts.keywords, facts.title) == (("sea",), "Harbour")


def test_photos_without_xmp_say_nothing():
    assert read_sidecar(photo()) is None
    assert read_embedded(photo()) is None
    assert read_sidecar(photo(sidecar=b"no XML")) is None
    assert read_sidecar(photo(sidecar=packet())).is_empty


@pytest.mark.parametrize(
    ("written", "stars"),
    [
        ("3", 3),
        ("0", 0),
        ("5", 5),
        ("-1", -1),
        ("4.0", 4),
        ("9", 5),
        ("-7", -1),
        ("good", None),
        ("", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_ratings(written, stars):
    assert read(attributes=f'xmp:Rating="{written}"').rating == stars
    assert read(f"<xmp:Rating>{written}</xmp:Rating>").rating == stars


@pytest.mark.parametrize(
    ("percent", "stars"), [(0, 0), (1, 1), (25, 2), (50, 3), (75, 4), (99, 5), (100, 5)]
)
def test_stars_of_windows(percent, stars):
    assert stars_of_percent(percent) == stars
    assert read(f"<MicrosoftPhoto:Rating>{percent}</MicrosoftPhoto:Rating>").rating == stars


def test_the_standard_rating_counts_before_that_of_windows():
    elements = "<MicrosoftPhoto:Rating>99</MicrosoftPhoto:Rating>"
    assert read(elements, attributes='xmp:Rating="2"').rating == 2


def test_flags_of_lightroom_digikam_and_photo_mechanic():
    picked = [
        read(attributes='xmpDM:pick="1"'),
        read(attributes='digiKam:PickLabel="3"'),
        read(attributes='photomechanic:Tagged="True"'),
    ]
    assert [facts.picked for facts in picked] == [True] * 3
    rejected = [
        read(attributes='xmpDM:pick="-1" xmp:Rating="4"'),
        read(attributes='digiKam:PickLabel="1"'),
    ]
    assert [facts.rating for facts in rejected] == [-1, -1]
    neither = read(attributes='xmpDM:pick="0" digiKam:PickLabel="0" photomechanic:Tagged="False"')
    assert neither.is_empty


def test_colour_labels():
    assert read(attributes='xmp:Label="Rot"').label == "Rot"
    assert read(attributes='digiKam:ColorLabel="4"').label == "Green"
    assert read(attributes='digiKam:ColorLabel="0"').label is None
    assert read(bag("darktable:colorlabels", "0", kind="Seq")).label == "Red"
    assert read(bag("darktable:colorlabels", "77", kind="Seq")).label is None
    assert read(attributes='xmp:Label="Blue" digiKam:ColorLabel="1"').label == "Blue"


def test_texts_in_several_languages_give_the_one_for_all():
    facts = read(
        languages("dc:title", de="Der Hafen", any="The harbour"),
        languages("dc:description", nb="Om morgenen", de="Am Morgen"),
    )
    assert (facts.title, facts.caption) == ("The harbour", "Om morgenen")


def test_the_headline_is_a_title_where_there_is_no_other():
    assert read(attributes='photoshop:Headline="Fire"').title == "Fire"
    assert read(languages("dc:title", any="T"), attributes='photoshop:Headline="H"').title == "T"


def test_hierarchical_keywords_swallow_their_levels():
    facts = read(
        bag("dc:subject", "Bergen", "Norway", "Places", "sea"),
        bag("lr:hierarchicalSubject", "Places|Norway|Bergen", "Places|Norway", "sea"),
        bag("digiKam:TagsList", "Places/Norway/Bergen", kind="Seq"),
    )
    assert facts.keywords == ("Places/Norway/Bergen", "sea")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("lr:hierarchicalSubject", "A|B|C"),
        ("digiKam:TagsList", "A/B/C"),
        ("MicrosoftPhoto:LastKeywordXMP", "A/B/C"),
        ("mediapro:CatalogSets", "A|B|C"),
    ],
)
def test_hierarchies_of_each_program(name, written):
    assert read(bag(name, written)).keywords == ("A/B/C",)


def test_what_darktable_and_cameras_write_is_left_out():
    facts = read(
        bag("lr:hierarchicalSubject", "darktable|exported|jpg", "sea"),
        bag("dc:subject", "darktable|changed"),
        languages("dc:description", any="SONY DSC"),
    )
    assert (facts.keywords, facts.caption) == (("sea",), None)


def test_keywords_are_tidied():
    facts = read(bag("dc:subject", " sea ", "sea", "", "Zu\u0308rich"))
    assert facts.keywords == ("sea", "Z\u00fcrich")


def test_people_of_the_iptc_standard():
    facts = read(
        bag("Iptc4xmpExt:PersonInImage", "Ada Lovelace", "Ada Lovelace", ""),
        structures(
            "Iptc4xmpExt:PersonInImageWDetails",
            languages("Iptc4xmpExt:PersonName", any="Maria Mitchell"),
        ),
        structures("Iptc4xmpExt:ImageRegion", bag("Iptc4xmpExt:PersonInImage", "Emmy Noether")),
    )
    assert facts.people == ("Ada Lovelace", "Maria Mitchell", "Emmy Noether")


def test_names_of_face_regions_but_not_of_pets_and_focus_points():
    def region(name: str, kind: str) -> str:
        return f"<mwg-rs:Name>{name}</mwg-rs:Name><mwg-rs:Type>{kind}</mwg-rs:Type>"

    regions = structures(
        "mwg-rs:RegionList", region("Grace", "Face"), region("Rex", "Pet"), region("", "Focus")
    )
    one = read(f'<mwg-rs:Regions rdf:parseType="Resource">{regions}</mwg-rs:Regions>')
    assert one.people == ("Grace",)


def test_face_regions_as_lightroom_and_apple_write_them():
    item = '<rdf:li><rdf:Description mwg-rs:Name="Ada" mwg-rs:Type="Face"/></rdf:li>'
    facts = read(
        "<mwg-rs:Regions><rdf:Description><mwg-rs:RegionList><rdf:Bag>"
        f"{item}<rdf:li><rdf:Description mwg-rs:Type='Face'/></rdf:li>"
        "</rdf:Bag></mwg-rs:RegionList></rdf:Description></mwg-rs:Regions>"
    )
    assert facts.people == ("Ada",)


def test_face_regions_of_windows():
    as_elements = structures(
        "MPRI:Regions", "<MPReg:PersonDisplayName>Alan</MPReg:PersonDisplayName>"
    )
    as_attributes = (
        "<MPRI:Regions><rdf:Bag><rdf:li MPReg:PersonDisplayName='Alan'/></rdf:Bag></MPRI:Regions>"
    )
    for inside in (as_elements, as_attributes):
        info = f'<MP:RegionInfo rdf:parseType="Resource">{inside}</MP:RegionInfo>'
        assert read(info).people == ("Alan",)


def test_names_of_places():
    photoshop = (
        'Iptc4xmpCore:Location="Bryggen" photoshop:City="Bergen" '
        'photoshop:State="Vestland" photoshop:Country="Norway"'
    )
    created = structures(
        "Iptc4xmpExt:LocationCreated",
        "<Iptc4xmpExt:City>Oslo</Iptc4xmpExt:City>"
        "<Iptc4xmpExt:CountryName>Norge</Iptc4xmpExt:CountryName>",
    )
    shown = created.replace("Created", "Shown").replace("Oslo", "Narvik")
    facts = read(created, shown, attributes=photoshop)
    assert (facts.location, facts.city) == ("Bryggen", "Bergen")
    assert (facts.region, facts.country) == ("Vestland", "Norway")
    assert (read(shown, created).city, read(shown).city) == ("Oslo", "Narvik")
    assert read(shown).country == "Norge"


def test_bursts_of_google_cameras():
    assert read(attributes='GCamera:BurstID="ab-12"').burst_id == "ab-12"


def test_what_is_said_of_parts_of_a_picture_is_not_said_of_it():
    pantry = (
        "<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description xmp:Rating='5'>"
        f"{bag('Iptc4xmpExt:PersonInImage', 'Eve')}{bag('dc:subject', 'x')}"
        "</rdf:Description></rdf:li></rdf:Bag></xmpMM:Pantry>"
    )
    assert read(pantry).is_empty


def test_attributes_and_several_descriptions_are_one_document():
    one, two = (rdf(attributes=f'photoshop:City="{city}"') for city in ("Bergen", "Oslo"))
    body = two[two.index(b"<rdf:Description") : two.index(b"</rdf:RDF>")]
    both = one.replace(b"</rdf:RDF>", body + b"</rdf:RDF>")
    assert read_sidecar(photo(sidecar=both)).city == "Bergen"


@given(st.binary(max_size=300))
def test_random_bytes_are_no_error(data):
    read_sidecar(photo(sidecar=data))
    read_sidecar(photo(sidecar=packet().replace(b"</rdf:Description>", data)))


@pytest.mark.parametrize("name", ["tiff:ImageDescription", "exif:UserComment"])
def test_a_caption_that_was_copied_from_exif(name):
    own = languages("dc:description", any="In spring")
    copied = languages(name, any="In autumn")
    assert read(copied).caption == "In autumn"
    assert read(copied, own).caption == "In spring"
    assert read(languages("dc:description", any="SAMSUNG"), copied).caption == "In autumn"
