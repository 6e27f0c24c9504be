"""Which way up a scene is, where its file does not say so. Nothing is assumed without a note."""

from __future__ import annotations

from schemas.errors import UsageError
from sharp_core.formats.scene import StoredScene
from sharp_core.scene.axes import OURS, Axes, from_axes
from sharp_core.scene.gaussians import Gaussians

# OpenGL's: what the page of SPZ names. A photo's scene in these axes lies behind our camera.
_OPENGL = Axes("RUB")
_SEE = "--axes sets others"


def oriented(stored: StoredScene, axes: str | None, *, is_ambiguous: bool) -> StoredScene:
    """Return a scene in our axes, RDF, as it was read from a file.

    `axes` are the letters that a person gave. Raises UsageError if they are not valid, or if the
    file states its axes itself.
    """
    if axes is not None:
        return _as_asked(stored, axes)
    if stored.axes is not None or not is_ambiguous:
        return stored
    if _is_behind(stored.gaussians):
        note = f"its axes are not stated; all of it lies behind the camera as {OURS}, "
        note += f"so it is read as {_OPENGL} ({_SEE})"
        gaussians = from_axes(stored.gaussians, _OPENGL)
        return stored._replace(
            gaussians=gaussians, axes=_OPENGL.letters, notes=(*stored.notes, note)
        )
    note = f"its axes are not stated; it is read as {OURS}, as most converters write it ({_SEE})"
    return stored._replace(notes=(*stored.notes, note))


def _as_asked(stored: StoredScene, letters: str) -> StoredScene:
    try:
        axes = Axes(letters.upper())
    except ValueError as error:
        raise UsageError(f"--axes {error}", "Write RDF, RUB or RFU, for example.") from None
    if stored.axes is not None and stored.axes != axes.letters:
        raise UsageError(f"the file states its own axes: {stored.axes}", "Omit --axes.")
    if stored.axes is not None:
        return stored
    return stored._replace(gaussians=from_axes(stored.gaussians, axes), axes=axes.letters)


def _is_behind(gaussians: Gaussians) -> bool:
    return bool((gaussians.means[:, 2] < 0).all())
