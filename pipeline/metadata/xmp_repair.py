"""XMP that is not quite XML -> XML with the same properties, where the mistake is a common one.

Programs paste texts without escaping them, copy properties without the declaration of their
prefix, or declare it outside the part that is read, and write bytes of another encoding.
"""

from __future__ import annotations

import re

# Prefixes that the specifications, or the programs that own them, use (XMP parts 1 and 2, IPTC
# Photo Metadata, MWG regions).
NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xap": "http://ns.adobe.com/xap/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "darktable": "http://darktable.sf.net/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
}
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#(?:(\d{1,7})|x([0-9a-fA-F]{1,6}));|(?!(?:amp|lt|gt|quot|apos);))")
# Neither looks for the ends of quotes first: a text made to have none would take for ever.
_TAG = re.compile(r"<[^<>!?/][^<>]*>")
_ATTRIBUTE = re.compile(r"""\s([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")
_PREFIX = re.compile(r"[<\s]([A-Za-z_][\w.-]*):[\w.-]+")
_DECLARED = re.compile(r"\bxmlns:([\w.-]+)\s*=")
_BUILT_IN = frozenset({"xml", "xmlns"})


def repaired(rdf: bytes) -> bytes:
    """Return an rdf:RDF element whose mistakes are repaired; others stay, and it is no XML."""
    try:
        text = rdf.decode()
    except UnicodeDecodeError:
        text = rdf.decode("cp1252", "replace")
    text = _REFERENCE.sub(_escaped, _NOT_XML.sub("", text))
    text = _TAG.sub(lambda tag: _without_repeated(tag[0]), text)
    used = {prefix for tag in _TAG.findall(text) for prefix in _PREFIX.findall(tag)}
    missing = sorted(used - set(_DECLARED.findall(text)) - _BUILT_IN)
    declarations = "".join(
        f' xmlns:{prefix}="{NAMESPACES.get(prefix, f"urn:undeclared:{prefix}")}"'
        for prefix in missing
    )
    return text.replace("<rdf:RDF", f"<rdf:RDF{declarations}", 1).encode()


def _escaped(match: re.Match[str]) -> str:
    """Escape an ampersand that begins no reference, and drop references to what XML cannot hold."""
    decimal, hexadecimal = match.groups()
    if decimal is None and hexadecimal is None:
        return "&amp;"
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return "" if code > 0x10FFFF or _NOT_XML.match(chr(code)) else match[0]


def _without_repeated(tag: str) -> str:
    seen: set[str] = set()

    def first(attribute: re.Match[str]) -> str:
        is_repeated = attribute[1] in seen
        seen.add(attribute[1])
        return "" if is_repeated else attribute[0]

    return _ATTRIBUTE.sub(first, tag)
