"""XMP, in a photo or beside it -> ratings, labels, texts, keywords, people and names of places.

Properties of the standards (XMP part 2, IPTC Photo Metadata 2023, MWG regions 2010), and what
Lightroom, digiKam, darktable, Windows, Photo Mechanic and Google cameras add.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from pipeline.context.captions import clean_caption
from pipeline.context.source import PhotoMaterial
from pipeline.context.texts import clean, clean_all, joined, without_parts
from pipeline.metadata.blocks import find_xmp_beside
from pipeline.metadata.xmp import parse_descriptions
from pipeline.metadata.xmp_repair import NAMESPACES
from schemas.context import ContextFacts, ContextSource
from schemas.records import ContextKind


def _in(prefix: str) -> str:
    """Return what stands before the names in a namespace, for its usual prefix."""
    return f"{{{NAMESPACES[prefix]}}}"


_RDF = _in("rdf")
_ITEMS, _DESCRIPTION = f"*/{_RDF}li", f"{_RDF}Description"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ANY_LANGUAGE = "x-default"
_DC = _in("dc")
_XMP = _in("xmp")
_TIFF, _EXIF = _in("tiff"), _in("exif")
_PICK = _in("xmpDM")
_PHOTOSHOP = _in("photoshop")
_LIGHTROOM = _in("lr")
_IPTC_CORE = _in("Iptc4xmpCore")
_IPTC_EXT = _in("Iptc4xmpExt")
_REGIONS = _in("mwg-rs")
_DIGIKAM = _in("digiKam")
_DARKTABLE = _in("darktable")
_MICROSOFT = _in("MicrosoftPhoto")
_MICROSOFT_OLD = "{http://ns.microsoft.com/photo/1.0}"
_MICROSOFT_FACES = "{http://ns.microsoft.com/photo/1.2/}"
_MICROSOFT_REGION = "{http://ns.microsoft.com/photo/1.2/t/Region#}"
_PHOTO_MECHANIC = "{http://ns.camerabits.com/photomechanic/1.0/}"
_MEDIAPRO = "{http://ns.iview-multimedia.com/mediapro/1.0/}"
_GOOGLE = _in("GCamera")

_REJECTED, _MOST_STARS = -1, 5
_OWN_OF_DARKTABLE = ("darktable/", "darktable|")  # its notes on a file, written as keywords
_DARKTABLE_COLORS = ("Red", "Yellow", "Green", "Blue", "Purple")
_DIGIKAM_COLORS = "None Red Orange Yellow Green Blue Magenta Gray Black White".split()
_DIGIKAM_REJECTED, _DIGIKAM_ACCEPTED = "1", "3"
_FACE = "Face"


def read_sidecar(photo: PhotoMaterial) -> ContextFacts | None:
    """Return what the XMP file beside a photo says."""
    content = photo.beside.get(ContextKind.XMP, b"")
    return _read(find_xmp_beside(content), ContextSource.SIDECAR)


def read_embedded(photo: PhotoMaterial) -> ContextFacts | None:
    """Return what the XMP inside a photo says."""
    return _read(photo.blocks.xmp, ContextSource.EMBEDDED_XMP)


def stars_of_percent(percent: float) -> int:
    """Return the stars of a rating of Windows: 1, 25, 50, 75 and 99 of a hundred are 1 to 5."""
    return 0 if percent <= 0 else min(_MOST_STARS, 1 + round(percent / 25))


def _read(rdf: bytes | None, source: ContextSource) -> ContextFacts | None:
    if not rdf:
        return None
    xmp = _Document(parse_descriptions(rdf))
    place = _read_place(xmp)
    return ContextFacts(
        source=source,
        rating=_read_rating(xmp),
        picked=_read_picked(xmp),
        label=_read_label(xmp),
        title=xmp.text(f"{_DC}title") or xmp.text(f"{_PHOTOSHOP}Headline"),
        caption=_read_caption(xmp),
        keywords=_read_keywords(xmp),
        people=clean_all(_people(xmp)),
        **place._asdict(),
        burst_id=xmp.text(f"{_GOOGLE}BurstID"),
    )


def _read_caption(xmp: _Document) -> str | None:
    """Return the description, or what programs copied from EXIF in its place."""
    names = (f"{_DC}description", f"{_TIFF}ImageDescription", f"{_EXIF}UserComment")
    return next((text for name in names if (text := clean_caption(xmp.text(name)))), None)


class _Place(NamedTuple):
    location: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class _Document:
    """The properties of an XMP packet by their qualified names: attributes, texts and lists."""

    def __init__(self, descriptions: Iterable[Element]) -> None:
        self._attributes: dict[str, str] = {}
        self._elements: dict[str, list[Element]] = {}
        for description in descriptions:
            for name, value in description.attrib.items():
                self._attributes.setdefault(name, value)
            for child in description:
                self._elements.setdefault(child.tag, []).append(child)

    def texts(self, name: str) -> list[str]:
        """Return a property's values: those of a list, or the only one."""
        own = self._attributes.get(name)
        found = [own] if own else []
        return found + [text for child in self._elements.get(name, ()) for text in _values(child)]

    def text(self, name: str) -> str | None:
        """Return a property's value; of several languages the one that is for all."""
        return _one(self._attributes.get(name), self._elements.get(name, ()))

    def structures(self, name: str) -> list[Element]:
        """Return a property's structures, as elements that have properties."""
        return [item for child in self._elements.get(name, ()) for item in _structures(child)]

    def inside(self, name: str) -> Iterator[Element]:
        """Yield every element inside a property, at any depth."""
        for child in self._elements.get(name, ()):
            yield from child.iter()


def _texts_of(structure: Element, name: str) -> list[str]:
    own = structure.get(name)
    found = [own] if own else []
    return found + [text for child in structure.findall(name) for text in _values(child)]


def _text_of(structure: Element, name: str) -> str | None:
    return _one(structure.get(name), structure.findall(name))


def _one(attribute: str | None, elements: Iterable[Element]) -> str | None:
    """Return one value: the first, but before it that which is for any language."""
    values = [attribute or ""]
    for element in elements:
        for item in element.iterfind(_ITEMS):
            if item.get(_LANG) == _ANY_LANGUAGE and (text := clean(item.text)):
                return text
        values += _values(element)
    return next((text for value in values if (text := clean(value))), None)


def _values(element: Element) -> list[str]:
    items = element.findall(_ITEMS)
    return [item.text or "" for item in items] if items else [element.text or ""]


def _structures(element: Element) -> Iterator[Element]:
    """Yield a structure, or those of a list; its properties may be one level deeper."""
    for item in element.findall(_ITEMS) or [element]:
        yield item
        yield from item.findall(_DESCRIPTION)


def _read_rating(xmp: _Document) -> int | None:
    if xmp.text(f"{_PICK}pick") == "-1" or xmp.text(f"{_DIGIKAM}PickLabel") == _DIGIKAM_REJECTED:
        return _REJECTED
    stars = _number(xmp.text(f"{_XMP}Rating"))
    if stars is not None:
        return max(_REJECTED, min(_MOST_STARS, round(stars)))
    for namespace in (_MICROSOFT, _MICROSOFT_OLD):
        percent = _number(xmp.text(f"{namespace}Rating"))
        if percent is not None:
            return stars_of_percent(percent)
    return None


def _read_picked(xmp: _Document) -> bool | None:
    picked = (
        xmp.text(f"{_PICK}pick") == "1"
        or xmp.text(f"{_DIGIKAM}PickLabel") == _DIGIKAM_ACCEPTED
        or (xmp.text(f"{_PHOTO_MECHANIC}Tagged") or "").lower() == "true"
    )
    return True if picked else None


def _read_label(xmp: _Document) -> str | None:
    if label := xmp.text(f"{_XMP}Label"):
        return label
    for name, colors, first in (
        (f"{_DIGIKAM}ColorLabel", _DIGIKAM_COLORS, 1),
        (f"{_DARKTABLE}colorlabels", _DARKTABLE_COLORS, 0),
    ):
        number = _number(next(iter(xmp.texts(name)), None))
        if number is not None and first <= number < len(colors):
            return colors[int(number)]
    return None


def _read_keywords(xmp: _Document) -> tuple[str, ...]:
    """Return the keywords, hierarchical ones in one piece."""
    deep = [
        joined(text.split(separator))
        for name, separator in (
            (f"{_LIGHTROOM}hierarchicalSubject", "|"),
            (f"{_DIGIKAM}TagsList", "/"),
            (f"{_MICROSOFT}LastKeywordXMP", "/"),
            (f"{_MICROSOFT_OLD}LastKeywordXMP", "/"),
            (f"{_MEDIAPRO}CatalogSets", "|"),
        )
        for text in xmp.texts(name)
    ]
    every = clean_all([*deep, *xmp.texts(f"{_DC}subject")])
    return without_parts(keyword for keyword in every if not keyword.startswith(_OWN_OF_DARKTABLE))


def _people(xmp: _Document) -> Iterator[str | None]:
    yield from xmp.texts(f"{_IPTC_EXT}PersonInImage")
    for person in xmp.structures(f"{_IPTC_EXT}PersonInImageWDetails"):
        yield _text_of(person, f"{_IPTC_EXT}PersonName")
    for region in xmp.structures(f"{_IPTC_EXT}ImageRegion"):
        yield from _texts_of(region, f"{_IPTC_EXT}PersonInImage")
    for element in xmp.inside(f"{_REGIONS}Regions"):
        if element.tag == f"{_REGIONS}RegionList":
            for region in _structures(element):
                if (_text_of(region, f"{_REGIONS}Type") or _FACE) == _FACE:
                    yield _text_of(region, f"{_REGIONS}Name")
    for element in xmp.inside(f"{_MICROSOFT_FACES}RegionInfo"):
        yield _text_of(element, f"{_MICROSOFT_REGION}PersonDisplayName")


def _read_place(xmp: _Document) -> _Place:
    """Return the names of where the photo was taken, or else of what it shows."""
    candidates = [
        _Place(
            xmp.text(f"{_IPTC_CORE}Location"),
            xmp.text(f"{_PHOTOSHOP}City"),
            xmp.text(f"{_PHOTOSHOP}State"),
            xmp.text(f"{_PHOTOSHOP}Country"),
        )
    ]
    for name in ("LocationCreated", "LocationShown"):
        candidates += [
            _Place(
                _text_of(place, f"{_IPTC_EXT}Sublocation"),
                _text_of(place, f"{_IPTC_EXT}City"),
                _text_of(place, f"{_IPTC_EXT}ProvinceState"),
                _text_of(place, f"{_IPTC_EXT}CountryName"),
            )
            for place in xmp.structures(f"{_IPTC_EXT}{name}")
        ]
    return next((place for place in candidates if any(place)), _Place())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None  # infinity and NaN fail too
