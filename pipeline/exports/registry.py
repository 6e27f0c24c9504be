"""Every kind of export by name. To add one: its file in `kinds`, and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from pipeline.exports.kind import ExportKind
from pipeline.exports.kinds.album import ALBUM
from pipeline.exports.kinds.clip import CLIPS
from pipeline.exports.kinds.depth import DEPTH, DEPTH_COLOR
from pipeline.exports.kinds.flat_stereo import FLAT_STEREO
from pipeline.exports.kinds.lenticular import LENTICULAR
from pipeline.exports.kinds.page import HTML
from pipeline.exports.kinds.parquet import PARQUET
from pipeline.exports.kinds.quilt import QUILT
from pipeline.exports.kinds.sog_levels import SOG_LEVELS
from pipeline.exports.kinds.spatial_heic import SPATIAL_HEIC
from pipeline.exports.kinds.splat import splat_kinds
from pipeline.exports.kinds.stereo_card import CARDS
from pipeline.exports.kinds.stereo_jpeg import JPS, MPO
from pipeline.exports.kinds.stereo_video import STEREO_VIDEOS
from pipeline.scenes.missing_tools import tool_errors_as_usage
from schemas.errors import MissingToolError
from schemas.registry import Registry


def _built_in() -> Iterator[ExportKind]:
    yield SPATIAL_HEIC
    yield from FLAT_STEREO
    yield from (MPO, JPS)
    yield QUILT
    yield LENTICULAR
    yield from CARDS
    yield from CLIPS
    yield from STEREO_VIDEOS
    yield from splat_kinds()
    yield SOG_LEVELS
    yield from (DEPTH, DEPTH_COLOR)
    yield PARQUET
    yield HTML
    yield ALBUM


class _Kinds(Registry[ExportKind]):
    """The kinds, of which there are many: people are shown their names by group."""

    @property
    def labels(self) -> str:
        groups: dict[str, list[str]] = {}
        for kind in self:
            groups.setdefault(kind.group, []).append(kind.name)
        return ". ".join(f"{group}: {', '.join(names)}" for group, names in groups.items())


KINDS = _Kinds("export", ExportKind, _built_in, group="sharp_batch.exports")


def kind_named(name: str) -> ExportKind:
    """Return the kind of a name. Raises UsageError that lists the known ones."""
    return KINDS.get(name, "--kind")


def kinds_of_files(names: Iterable[str]) -> list[ExportKind]:
    """Return the kinds of one file each that these names stand for. Raises UsageError."""
    kinds = [kind_named(name) for name in dict.fromkeys(names)]
    return [one for kind in kinds for one in kind.parts or (kind,)]


def kind_of_file(name: str) -> ExportKind:
    """Return the kind of one file, which may be a part of another. Raises UsageError."""
    return KINDS.find(name) or _parts().get(name) or kind_named(name)


@cache
def _parts() -> dict[str, ExportKind]:
    return {part.name: part for kind in KINDS for part in kind.parts}


def check_kinds(names: Iterable[str]) -> None:
    """Raise UsageError where a kind is not known, or cannot work on this machine."""
    for name in names:
        with tool_errors_as_usage(f"--kind {name}"):
            kind_named(name).check()


def is_possible(kind: ExportKind) -> bool:
    """Tell whether a kind can work on this machine: menus offer no others."""
    try:
        kind.check()
    except MissingToolError:
        return False
    return True
