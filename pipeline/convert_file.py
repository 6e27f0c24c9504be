"""One splat file -> another format, without a library."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.pictures import read_splat
from pipeline.store import Store
from schemas.errors import UsageError
from sharp_core.formats.errors import FormatError
from sharp_core.formats.registry import Options, format_of, write_scene
from sharp_core.formats.sog_meta import META


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written."""

    path: str
    format: str
    bytes: int
    gaussians: int
    source_format: str
    source_bytes: int
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def convert_file(source: Path, to: Path, options: Options | None = None) -> Conversion:
    """Write the scene of `source` to `to`, whole or not at all; the endings say the formats.

    A SOG as a folder is written image by image, meta.json last. Raises UsageError where a path or
    an option is of no use, PhotoError where the splat cannot be read.
    """
    started = time.perf_counter()
    try:
        source_format, target_format = format_of(source), format_of(to)
    except FormatError as error:
        raise UsageError(str(error)) from error
    if options is not None and type(options) is not target_format.options:
        raise UsageError(
            f"{target_format.name} files have no such option",
            "--quality is for sog, --spz-version for spz.",
        )
    folder = to.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"the folder {folder} does not exist", "Make it first.")
    scene = read_splat(source)
    try:
        if to.name == META:
            write_scene(to, scene.gaussians, scene.info, options=options)
        else:
            Store(folder).write(
                to.name,
                lambda file: write_scene(
                    file,
                    scene.gaussians,
                    scene.info,
                    format_name=target_format.name,
                    options=options,
                ),
            )
    except FormatError as error:
        raise UsageError(f"{source} cannot become {target_format.name}: {error}") from error
    return Conversion(
        path=str(to),
        format=target_format.name,
        bytes=file_bytes(to),
        gaussians=len(scene.gaussians),
        source_format=source_format.name,
        source_bytes=file_bytes(source),
        seconds=round(time.perf_counter() - started, 3),
    )


def file_bytes(path: Path) -> int:
    """Return the size of a splat file; of a SOG as a folder, that of all its files."""
    if path.name != META:
        return path.stat().st_size
    return sum(part.stat().st_size for part in path.parent.iterdir() if part.is_file())
