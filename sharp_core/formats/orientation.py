"""Which way up a scene is, where its file does not say so. Nothing is assumed without a note."""

from __future__ import annotations

from schemas.errors import UsageError
from sharp_core.formats.scene import StoredScene
from sharp_core.scene.axes import Axes, from_axes

_SEE = "--axes sets others"


def oriented(stored: StoredScene, axes: str | None, assumed: tuple[str, ...]) -> StoredScene:
    """Return a scene in our axes, RDF, as it was read from a file.

    `axes` are the letters that a person gave. `assumed` are those of files of this format that
    state none: the usual ones, and those of a scene that lies behind the camera in the usual ones.
    Empty, such files are in our axes. Raises UsageError if `axes` are not valid, or if the file
    states its axes itself.
    """
    if axes is not None:
        return _as_asked(stored, axes)
    if stored.axes is not None or not assumed:
        return stored
    usual, *others = assumed
    scene = _converted(stored, Axes(usual))
    if others and _is_behind(scene):
        other = Axes(others[0])
        note = f"its axes are not stated; all of it lies behind the camera as {usual}, "
        note += f"so it is read as {other} ({_SEE})"
        turned = _converted(stored, other)
        return turned._replace(axes=other.letters, notes=(*stored.notes, note))
    note = f"its axes are not stated; it is read as {usual}, as is usual ({_SEE})"
    return scene._replace(notes=(*stored.notes, note))


def _as_asked(stored: StoredScene, letters: str) -> StoredScene:
    try:
        axes = Axes(letters.upper())
    except ValueError as error:
        raise UsageError(f"--axes {error}", "Write RDF, RUB or RFU, for example.") from None
    if stored.axes is not None and stored.axes != axes.letters:
        raise UsageError(f"the file states its own axes: {stored.axes}", "Omit --axes.")
    if stored.axes is not None:
        return stored
    return _converted(stored, axes)._replace(axes=axes.letters)


def _converted(stored: StoredScene, axes: Axes) -> StoredScene:
    return stored._replace(gaussians=from_axes(stored.gaussians, axes))


def _is_behind(stored: StoredScene) -> bool:
    return bool((stored.gaussians.means[:, 2] < 0).all())
