"""An XMP packet -> its simple properties, under the prefixes that the XMP specification uses."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

from pipeline.metadata.xmp_repair import NAMESPACES, repaired

_FIRST = b"<rdf:RDF"  # as `pipeline.metadata.blocks` cuts it out of a packet
_RDF = f"{{{NAMESPACES['rdf']}}}"
_READ = ("exif", "exifEX", "aux", "tiff", "xmp", "photoshop", "crs", "GPano")
_OWN = {"https://sharp-batch.github.io/ns/1.0/": "sharpbatch"}
_PREFIXES = {NAMESPACES[prefix]: prefix for prefix in _READ} | _OWN


def parse_descriptions(rdf: bytes | None) -> list[Element]:
    """Return the rdf:Description elements of an rdf:RDF; none where the text is not XML.

    Common mistakes of writers are repaired. Entities could make a small text huge. They are
    declared before the first element, so a text that begins with its element has none.
    """
    if not rdf or not rdf.startswith(_FIRST):
        return []
    root = _parse(rdf)
    if root is None:
        root = _parse(repaired(rdf))
    return [] if root is None else list(root.findall(f"{_RDF}Description"))


def _parse(rdf: bytes) -> Element | None:
    try:
        return ElementTree.fromstring(rdf)
    except (ParseError, ValueError, LookupError):
        return None


def read_xmp(rdf: bytes | None) -> dict[str, str]:
    """Read the properties of an rdf:RDF element, such as {"exif:FocalLength": "250/1"}.

    Of a list the first entry counts, of a repeated property the first. Properties of schemas that
    say nothing about the camera are left out. Text that is no XML has no properties.
    """
    properties: dict[str, str] = {}
    for description in parse_descriptions(rdf):
        for name, value in description.attrib.items():
            _keep(properties, name, value)
        for child in description:
            _keep(properties, child.tag, _text(child))
    return properties


def _keep(properties: dict[str, str], name: str, value: str) -> None:
    uri, _, local = name.removeprefix("{").partition("}")
    if (prefix := _PREFIXES.get(uri)) and value.strip():
        properties.setdefault(f"{prefix}:{local}", value.strip())


def _text(element: Element) -> str:
    first = element.find(f".//{_RDF}li")
    return (element if first is None else first).text or ""
