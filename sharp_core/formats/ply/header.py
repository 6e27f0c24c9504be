"""Parse the header of a PLY: encoding, elements with rows and properties, and comments.

Format: Greg Turk, "The PLY Polygon File Format" (1994), plus later type names.
"""

from __future__ import annotations

from typing import BinaryIO, Literal, NamedTuple

from schemas.errors import FormatError

# Real headers have 500 bytes to 3 kB; some tools put their settings into comments.
LONGEST_HEADER = 1 << 20

Encoding = Literal["binary_little_endian", "binary_big_endian", "ascii"]

_NUMPY_TYPES = {
    "char": "i1",
    "uchar": "u1",
    "short": "i2",
    "ushort": "u2",
    "int": "i4",
    "uint": "u4",
    "float": "f4",
    "double": "f8",
    "int8": "i1",
    "uint8": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
    "uint32": "u4",
    "float32": "f4",
    "float64": "f8",
}

# Number of f_rest properties -> degree: 3 colours of (degree + 1)^2 - 1 harmonics.
_SH_DEGREES = {0: 0, 9: 1, 24: 2, 45: 3, 72: 4}


class Property(NamedTuple):
    """One value of every row, or one list of values. The types lack the byte order."""

    name: str
    numpy_type: str
    count_type: str | None = None  # of the number of values, where it is a list


class Element(NamedTuple):
    """One table of the file."""

    name: str
    rows: int
    properties: tuple[Property, ...]

    @property
    def has_lists(self) -> bool:
        """Whether rows are of unequal length."""
        return any(known.count_type for known in self.properties)


class Header(NamedTuple):
    """The parsed header."""

    encoding: Encoding
    elements: tuple[Element, ...]
    comments: tuple[str, ...]

    def element(self, name: str) -> Element | None:
        """Return the element with this name, or None."""
        return next((element for element in self.elements if element.name == name), None)

    def comment(self, keyword: str) -> str | None:
        """Return the text after `keyword` in the first comment that starts with it."""
        found = (text for text in self.comments if text.startswith(keyword + " "))
        return next((text.removeprefix(keyword).strip() for text in found), None)

    def sh_degree(self) -> int:
        """Return the degree of the harmonics. Raises FormatError if their number is not valid."""
        rest = sum(
            known.name.startswith("f_rest_")
            for element in self.elements
            for known in element.properties
        )
        if rest not in _SH_DEGREES:
            raise FormatError(f"it has {rest} properties f_rest, which no degree has")
        return _SH_DEGREES[rest]


def read_header(file: BinaryIO) -> Header:
    """Read the header. Leaves `file` at the first byte after it. Raises FormatError."""
    first = file.readline(16)
    if first.strip() != b"ply":
        raise FormatError("it does not begin with the word ply")
    encoding: Encoding | None = None
    elements: list[Element] = []
    comments: list[str] = []
    left = LONGEST_HEADER
    while True:
        raw = file.readline(left)
        left -= len(raw)
        if not raw.endswith(b"\n"):
            longer = f"the header is longer than {LONGEST_HEADER} bytes"
            raise FormatError("the header has no end" if left else longer)
        line = raw.decode("utf-8", errors="replace").strip()
        keyword, rest = _split(line)
        if keyword == "end_header":
            break
        if keyword == "format":
            encoding = _encoding(rest)
        elif keyword == "element":
            elements.append(_element(rest))
        elif keyword == "property":
            if not elements:
                raise FormatError("the header has a property before any element")
            elements[-1] = _with_property(elements[-1], rest)
        elif keyword == "comment":
            comments.append(rest)
        elif keyword not in ("obj_info", ""):
            raise FormatError(f"the header has a line that PLY does not know: {line[:60]!r}")
    if encoding is None:
        raise FormatError("the header does not say the format")
    return Header(encoding, tuple(elements), tuple(comments))


def _split(text: str) -> tuple[str, str]:
    """Return the first word of a line, and the rest; any white space separates words."""
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0].strip() if rest else ""


def _encoding(rest: str) -> Encoding:
    match rest.split():
        case [("binary_little_endian" | "binary_big_endian" | "ascii") as name, "1.0"]:
            return name
    raise FormatError(f"the format {rest[:60]!r} is not one of PLY 1.0")


def _element(rest: str) -> Element:
    name, count = _split(rest)
    # Twelve digits are enough for any real count.
    if not (count.isascii() and count.isdigit() and len(count) <= 12):
        raise FormatError(f"the element {name[:60]!r} has no number of rows")
    return Element(name, int(count), ())


def _with_property(element: Element, rest: str) -> Element:
    types: tuple[str, ...]
    match rest.split():
        case ["list", count_type, type_name, name]:
            types = (type_name, count_type)
        case [type_name, name]:
            types = (type_name,)
        case _:
            types, name = ("",), ""
    if not {*types} <= _NUMPY_TYPES.keys():
        raise FormatError(f"the header has a property that PLY does not know: {rest[:60]!r}")
    added = Property(name, *(_NUMPY_TYPES[known] for known in types))
    if any(known.name == name for known in element.properties):
        raise FormatError(f"the element {element.name!r} has {name!r} twice")
    return element._replace(properties=(*element.properties, added))
