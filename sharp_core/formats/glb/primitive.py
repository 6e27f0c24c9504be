"""One mesh primitive of a glTF -> Gaussians in the space of its node."""

from __future__ import annotations

import io

import numpy as np
import torch

from schemas.errors import FormatError
from sharp_core.formats.glb import layout
from sharp_core.formats.glb.accessors import Accessors, Floats
from sharp_core.formats.glb.document import JsonObject, an_object, natural
from sharp_core.formats.scene import StoredScene
from sharp_core.formats.spz.read import read_spz
from sharp_core.formats.values import SMALLEST_SCALE, sh0_to_colors, unit_quats
from sharp_core.scene.axes import Axes, from_axes
from sharp_core.scene.colors import srgb_to_sh0
from sharp_core.scene.gaussians import Gaussians

_DRAFT = "its SPZ compression is a draft of a glTF extension"


def is_splat(primitive: JsonObject) -> bool:
    """Tell whether a primitive holds Gaussians."""
    return layout.EXTENSION in an_object(primitive, "extensions")


def count_of(primitive: JsonObject, accessors: Accessors) -> int:
    """Return the number of Gaussians that a primitive says it holds."""
    return accessors.count(natural(an_object(primitive, "attributes"), layout.POSITION))


def read_primitive(primitive: JsonObject, accessors: Accessors) -> StoredScene:
    """Return the Gaussians of a primitive. They are not checked. Raises FormatError."""
    extension = an_object(an_object(primitive, "extensions"), layout.EXTENSION)
    compressed = _spz_view(extension)
    if compressed is not None:
        return _from_spz(bytes(accessors.buffers.view(compressed)))
    notes = []
    kernel = str(extension.get("kernel", layout.KERNEL))[:60]
    if kernel != layout.KERNEL:
        notes.append(f"its kernel {kernel!r} is not known; it is read as ellipses")
    space = str(extension.get("colorSpace", layout.SRGB))[:60]
    if space not in (layout.SRGB, layout.LINEAR):
        notes.append(f"its colour space {space!r} is not known; it is read as sRGB")
    attributes = _Attributes(an_object(primitive, "attributes"), accessors)
    gaussians = _gaussians(attributes, is_linear=space == layout.LINEAR)
    return StoredScene(gaussians, None, attributes.degree(), tuple(notes))


class _Attributes:
    """The attributes of one primitive, all with a row for each Gaussian."""

    def __init__(self, indices: JsonObject, accessors: Accessors) -> None:
        self._indices = indices
        self._accessors = accessors
        self._count = accessors.count(natural(indices, layout.POSITION))

    def find(self, semantic: str, *widths: int) -> Floats | None:
        if semantic not in self._indices:
            return None
        rows = self._accessors.read(natural(self._indices, semantic), widths)
        if len(rows) != self._count:
            raise FormatError(
                f"its attribute {semantic} has {len(rows)} rows for {self._count} Gaussians"
            )
        return rows

    def get(self, semantic: str, *widths: int) -> Floats:
        rows = self.find(semantic, *widths)
        if rows is None:
            raise FormatError(f"its Gaussians have no attribute {semantic}")
        return rows

    def degree(self) -> int:
        """Return the degree of the harmonics."""
        degrees = range(layout.HIGHEST_DEGREE, 0, -1)
        name = f"{layout.EXTENSION}:SH_DEGREE_%d_COEF_0"
        return next((degree for degree in degrees if name % degree in self._indices), 0)


def _gaussians(attributes: _Attributes, *, is_linear: bool) -> Gaussians:
    # Only their squares count: drafts of the extension allowed negative ones.
    scales = torch.from_numpy(attributes.get(layout.SCALE, 3)).abs()
    quats = torch.from_numpy(attributes.get(layout.ROTATION, 4)).roll(1, dims=1)  # to w x y z
    sh0, opacities = attributes.find(layout.SH0, 3), attributes.find(layout.OPACITY, 1)
    if sh0 is None or opacities is None:  # drafts of 2025 store both as a colour that is shown
        shown = attributes.find(layout.COLOR, 4)
        if shown is None:
            attributes.get(layout.SH0 if sh0 is None else layout.OPACITY)  # says what is missing
            raise AssertionError
        opacities = shown[:, 3:] if opacities is None else opacities
        sh0 = srgb_to_sh0(torch.from_numpy(shown[:, :3])).numpy() if sh0 is None else sh0
    return Gaussians(
        means=torch.from_numpy(attributes.get(layout.POSITION, 3)),
        quats=unit_quats(quats),
        scales=torch.where(scales == 0, SMALLEST_SCALE, scales),  # flat ones are allowed
        opacities=torch.from_numpy(np.ascontiguousarray(opacities[:, 0])),
        colors=sh0_to_colors(torch.from_numpy(sh0), linear=is_linear),
    )


def _spz_view(extension: JsonObject) -> int | None:
    """Return the buffer view that holds an SPZ in place of the attributes, or None."""
    inner = an_object(extension, "extensions")
    for name in layout.SPZ_EXTENSIONS:
        if name in inner:
            return natural(an_object(inner, name), "bufferView")
    return None


def _from_spz(content: bytes) -> StoredScene:
    """Return the Gaussians of an SPZ: the numbers that it stores are those of the node's space."""
    stored = read_spz(io.BytesIO(content))
    gaussians = stored.gaussians
    if stored.axes is not None:  # back from ours, by half a turn
        gaussians = from_axes(gaussians, Axes(layout.AXES))
    return stored._replace(gaussians=gaussians, axes=None, notes=(*stored.notes, _DRAFT))
