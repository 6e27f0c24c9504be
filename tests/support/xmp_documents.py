"""XMP packets as programs write them, and photos with metadata as context sources read them."""

from __future__ import annotations

from pipeline.context.source import PhotoMaterial
from pipeline.metadata.blocks import MetadataBlocks
from schemas.records import ContextKind

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "darktable": "http://darktable.sf.net/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "photomechanic": "http://ns.camerabits.com/photomechanic/1.0/",
    "mediapro": "http://ns.iview-multimedia.com/mediapro/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
}


def rdf(*elements: str, attributes: str = "") -> bytes:
    """An rdf:RDF with one description, of elements and of attributes such as xmp:Rating="3"."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces} {attributes}>{"".join(elements)}'
        "</rdf:Description></rdf:RDF>"
    ).encode()


def packet(*elements: str, attributes: str = "") -> bytes:
    """A whole packet, as sidecars hold it."""
    inside = rdf(*elements, attributes=attributes)
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + inside + b'</x:xmpmeta>\n<?xpacket end="w"?>'
    )


def bag(name: str, *items: str, kind: str = "Bag") -> str:
    """A property that is a list of texts."""
    inside = "".join(f"<rdf:li>{item}</rdf:li>" for item in items)
    return f"<{name}><rdf:{kind}>{inside}</rdf:{kind}></{name}>"


def languages(name: str, **texts: str) -> str:
    """A property with a text in several languages; `any` stands for x-default."""
    inside = "".join(
        f'<rdf:li xml:lang="{"x-default" if language == "any" else language}">{text}</rdf:li>'
        for language, text in texts.items()
    )
    return f"<{name}><rdf:Alt>{inside}</rdf:Alt></{name}>"


def structures(name: str, *items: str) -> str:
    """A property that is a list of structures, each given as its elements."""
    inside = "".join(f'<rdf:li rdf:parseType="Resource">{item}</rdf:li>' for item in items)
    return f"<{name}><rdf:Bag>{inside}</rdf:Bag></{name}>"


def photo(
    path: str = "/photos/IMG_1.jpg",
    blocks: MetadataBlocks | None = None,
    sidecar: bytes | None = None,
    takeout: bytes | None = None,
) -> PhotoMaterial:
    """A photo as the readers of context get it."""
    beside = {ContextKind.XMP: sidecar, ContextKind.TAKEOUT: takeout}
    return PhotoMaterial(
        path,
        blocks or MetadataBlocks(),
        {kind: content for kind, content in beside.items() if content is not None},
    )
