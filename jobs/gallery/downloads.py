"""What a photo's page offers to download: its scene in each format, clips, and exports by use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs.console.output import size_text
from jobs.gallery.media import is_viewer_built
from jobs.gallery.texts import Figures, Message, without_options
from pipeline.exports.exported import EXPORT_PREFIX
from pipeline.scenes.page import VIEWER_FORMAT
from schemas.export_settings import ExportSettings

if TYPE_CHECKING:  # the kinds import what they are made with
    from pipeline.exports.kind import ExportKind

_WEB_PAGE = Message("Web page, opens in every browser")
ORIGINALS = "originals"  # among the choices of `zip_choices`


class DownloadLink(NamedTuple):
    """A link to a file to download. `is_made` tells that it is made on request."""

    label: str
    href: str
    note: str
    is_made: bool = False


class LinkGroup(NamedTuple):
    """Links of one use, such as prints."""

    name: str
    files: list[DownloadLink]


def downloads_of(scene: Mapping[str, Any], made: Sequence[Mapping[str, Any]]) -> list[DownloadLink]:
    """Return a scene in each format, as a web page, and what was made of it, from their rows."""
    from sharp_core.formats.registry import FORMATS, formats_written_here

    written = formats_written_here()
    scene_id = scene["scene_id"]
    files = []
    if is_viewer_built():
        files.append(DownloadLink(_WEB_PAGE, f"/scenes/{scene_id}/page.html", "", is_made=True))
    for entry in FORMATS:
        is_stored = entry.name == scene["format"]
        if entry in written or is_stored:
            size = Figures(size_text(scene["splat_bytes"]))
            note = size if is_stored else Message("converted on demand")
            href = f"/scenes/{scene_id}.{entry.name}?download=true"
            files.append(DownloadLink(entry.label, href, note, is_made=not is_stored))
    files += [
        DownloadLink(
            Message("Preview ({format})", format=Path(item["path"]).suffix[1:].upper()),
            f"/artifacts/{item['artifact_id']}?download=true",
            Figures(size_text(item["bytes"])),
        )
        for item in made
        # Exports are outside the library, in their own folders: the gallery creates its own.
        if item["scene_id"] == scene_id and not item["kind"].startswith(EXPORT_PREFIX)
    ]
    return files


def original_link(photo_id: str, size: int) -> DownloadLink:
    """Return a photo's own file."""
    label = Message("Original photo")
    return DownloadLink(label, f"/photos/{photo_id}/original", Figures(size_text(size)))


def made_downloads(address: str) -> list[DownloadLink]:
    """Return the scene of an uploaded photo, whose page has this address, in each format."""
    from sharp_core.formats.registry import formats_written_here

    page = DownloadLink(_WEB_PAGE, f"{address}/page.html", "", is_made=True)
    return [page] * is_viewer_built() + [
        DownloadLink(
            entry.label,
            f"{address}/scene.{entry.name}?download=true",
            "" if entry.name == VIEWER_FORMAT else Message("converted on demand"),
            is_made=True,
        )
        for entry in formats_written_here()
    ]


class ZipChoice(NamedTuple):
    """Something that can be downloaded of many photos."""

    value: str  # as `zip_orders.parse_what` reads it
    label: str


class ZipGroup(NamedTuple):
    """Choices of one use, such as prints."""

    name: str
    choices: list[ZipChoice]


def zip_choices() -> list[ZipGroup]:
    """Return what can be downloaded of many photos at once: originals, scenes, and exports."""
    from sharp_core.formats.registry import formats_written_here

    formats = [ZipChoice(f"splat:{entry.name}", entry.label) for entry in formats_written_here()]
    groups = [
        ZipGroup(Message("Photos"), [ZipChoice(ORIGINALS, Message("Original photos"))]),
        ZipGroup(Message("Scenes"), formats),
    ]
    for name, kinds in _offered_kinds().items():
        choices = [ZipChoice(f"export:{kind.name}", _label_of(kind)) for kind in kinds]
        groups.append(ZipGroup(name, choices))
    return groups


def exports_of(address: str) -> list[LinkGroup]:
    """Return the exports that work on this machine, grouped by what they are for.

    `address` is that of the photo's page.
    """

    def link(kind: ExportKind) -> DownloadLink:
        note = kind.suffix_for(ExportSettings((kind.name,))).rpartition(".")[2].upper()
        return DownloadLink(_label_of(kind), f"{address}/exports/{kind.name}", note, is_made=True)

    return [
        LinkGroup(name, [link(kind) for kind in kinds]) for name, kinds in _offered_kinds().items()
    ]


def _offered_kinds() -> dict[str, list[ExportKind]]:
    """Return the kinds of exports that work on this machine, by what they are for."""
    from pipeline.exports.kind import KindGroup
    from pipeline.exports.registry import KINDS, is_possible
    from sharp_core.formats.registry import FORMATS

    groups: dict[str, list[ExportKind]] = {}
    for kind in KINDS:
        # Splat formats and web pages are among the downloads of the scene. What has parts is no
        # file, but a folder.
        is_other = kind.name not in FORMATS and kind.group != KindGroup.PAGES and not kind.parts
        if is_other and is_possible(kind):
            groups.setdefault(str(kind.group), []).append(kind)
    return groups


def _label_of(kind: ExportKind) -> str:
    label = without_options(kind.label)
    return label[0].upper() + label[1:]
