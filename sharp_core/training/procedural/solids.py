"""Boxes, ellipsoids, cylinders and rectangles: unit shapes under an affine map.

A ray is origin + t * direction; `hit` returns the smallest t > 0, in the caller's unit (depth in
metres with `ProceduralCamera.directions`). All arrays are float32; P rays are (P, 3).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

SolidKind = Literal[
    "box",  # |x|, |y|, |z| <= 1
    "ellipsoid",  # |(x, y, z)| <= 1
    "cylinder",  # |(x, z)| <= 1 and |y| <= 1, closed
    "rectangle",  # |x|, |y| <= 1, z = 0
]

# A ray that starts on a surface must not hit it again.
NEAR = 1e-3


@dataclass(frozen=True)
class Solid:
    """A unit shape moved to `centre` (3,), its axes stretched to the columns of `axes` (3, 3).

    The columns are perpendicular; their lengths are half extents in metres.
    """

    kind: SolidKind
    centre: Array
    axes: Array

    @cached_property
    def _to_local(self) -> Array:
        inverse = np.linalg.inv(self.axes.astype(np.float64))
        return np.asarray(inverse, dtype=np.float32)

    @cached_property
    def _lengths(self) -> Array:
        return np.asarray(np.linalg.norm(self.axes, axis=0), dtype=np.float32)

    def corners(self) -> Array:
        """Return (8, 3): corners of a box around the shape."""
        signs = np.array(
            [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32
        )
        if self.kind == "rectangle":
            signs[:, 2] = 0.0
        return np.asarray(self.centre + signs @ self.axes.T, np.float32)

    def hit(self, origin: Array, directions: Array) -> Array:
        """Return (P,): t of each ray's first hit, infinite where there is none."""
        o = self._to_local @ (origin - self.centre)  # (3,)
        d = directions @ self._to_local.T  # (P, 3)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.kind == "box":
                return _hit_box(o, d)
            if self.kind == "ellipsoid":
                return _hit_sphere(o, d)
            if self.kind == "cylinder":
                return _hit_cylinder(o, d)
            return _hit_rectangle(o, d)

    def surface(self, points: Array) -> tuple[Array, Array]:
        """Return unit normals (P, 3) and texture coordinates in metres (P, 2) at hits (P, 3)."""
        local = np.asarray((points - self.centre) @ self._to_local.T, np.float32)  # (P, 3)
        if self.kind == "box":
            normal = _dominant(local)
        elif self.kind == "ellipsoid":
            normal = local
        elif self.kind == "cylinder":
            cap = np.abs(local[:, 1]) > np.hypot(local[:, 0], local[:, 2])
            side = local * np.array([1, 0, 1], dtype=np.float32)
            top = local * np.array([0, 1, 0], dtype=np.float32)
            normal = np.where(cap[:, None], top, side).astype(np.float32)
        else:
            normal = np.broadcast_to(np.array([0, 0, 1], dtype=np.float32), local.shape)
        world = normal @ self._to_local  # normals map by the inverse transpose
        return unit_rows(world), self._texture_coordinates(local, normal)

    def _texture_coordinates(self, local: Array, normal: Array) -> Array:
        metres = local * self._lengths
        if self.kind in ("ellipsoid", "cylinder"):
            angle = np.arctan2(local[:, 0], local[:, 2]) * self._lengths[0]
            return np.stack([angle, metres[:, 1]], axis=1)
        axis = np.abs(normal).argmax(axis=1)
        u = np.where(axis == 0, metres[:, 2], metres[:, 0])
        v = np.where(axis == 1, metres[:, 2], metres[:, 1])
        return np.stack([u, v], axis=1)


@dataclass(frozen=True)
class Capsule:
    """All points within `radius` metres of the segment from `start` to `end`, both (3,)."""

    start: Array
    end: Array
    radius: float

    def corners(self) -> Array:
        """Return (16, 3): corners of boxes around both ends."""
        signs = np.array(
            [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32
        )
        around = signs * np.float32(self.radius)
        return np.concatenate([self.start + around, self.end + around])

    def hit(self, origin: Array, directions: Array) -> Array:
        """Return (P,): t of each ray's first hit, infinite where there is none.

        Infinite cylinder first, then the sphere of the end that it passes (Quilez,
        "Capsule - intersection").
        """
        r2 = np.float32(self.radius) ** 2
        ba, oa = self.end - self.start, origin - self.start
        baba, baoa, oaoa = ba @ ba, ba @ oa, oa @ oa
        bard, rdoa = directions @ ba, directions @ oa  # (P,)
        rdrd = row_dot(directions, directions)
        with np.errstate(divide="ignore", invalid="ignore"):
            a = baba * rdrd - bard * bard
            b = baba * rdoa - baoa * bard
            c = baba * oaoa - baoa * baoa - r2 * baba
            t = (-b - np.sqrt(b * b - a * c)) / a
            along = baoa + t * bard
            body = (along > 0) & (along < baba)
            nearer_end = np.where((along <= 0)[:, None], oa, origin - self.end)  # (P, 3)
            b = row_dot(directions, nearer_end)
            c = row_dot(nearer_end, nearer_end) - r2
            cap = (-b - np.sqrt(b * b - rdrd * c)) / rdrd
            t = np.where(body, t, cap)
        return np.where(t > NEAR, t, np.inf).astype(np.float32)

    def surface(self, points: Array) -> tuple[Array, Array]:
        """Return unit normals (P, 3) and texture coordinates in metres (P, 2) at hits (P, 3)."""
        axis = self.end - self.start
        length = np.float32(max(float(np.linalg.norm(axis)), 1e-9))
        axis = axis / length
        along = np.clip((points - self.start) @ axis, 0.0, length)
        outward = points - self.start - along[:, None] * axis
        normals = unit_rows(outward)
        side = np.cross(axis, [0.31, 0.17, 0.93] if abs(axis[2]) < 0.9 else [1.0, 0.2, 0.1])
        side /= np.linalg.norm(side)
        angle = np.arctan2(normals @ side, normals @ np.cross(axis, side))
        uv = np.stack([angle * np.float32(self.radius), along], axis=1)
        return normals.astype(np.float32), uv.astype(np.float32)


def row_dot(a: Array, b: Array) -> Array:
    """Return (P,): scalar products of the rows of (P, 3) and (P, 3).

    Sums over an axis of three are slow in numpy; this is ten times as fast.
    """
    return np.asarray(np.einsum("ij,ij->i", a, b))


def unit_rows(vectors: Array) -> Array:
    """Return the rows of (P, 3) at length 1; zeros stay zeros."""
    length = np.sqrt(row_dot(vectors, vectors))
    return np.asarray(vectors / np.maximum(length, 1e-12)[:, None], dtype=np.float32)


def _hit_box(o: Array, d: Array) -> Array:
    inverse = 1.0 / d
    low, high = (-1.0 - o) * inverse, (1.0 - o) * inverse
    first, last = np.minimum(low, high), np.maximum(low, high)
    enter = np.maximum(np.maximum(first[:, 0], first[:, 1]), first[:, 2])
    leave = np.minimum(np.minimum(last[:, 0], last[:, 1]), last[:, 2])
    t = np.where(enter > NEAR, enter, leave)
    return np.where((enter <= leave) & (t > NEAR), t, np.inf).astype(np.float32)


def _hit_sphere(o: Array, d: Array) -> Array:
    a = row_dot(d, d)
    b = d @ o
    c = o @ o - 1.0
    root = np.sqrt(b * b - a * c)  # nan where the ray misses
    first = (-b - root) / a
    t = np.where(first > NEAR, first, (-b + root) / a)
    return np.where(t > NEAR, t, np.inf).astype(np.float32)


def _hit_cylinder(o: Array, d: Array) -> Array:
    a = d[:, 0] ** 2 + d[:, 2] ** 2
    b = d[:, 0] * o[0] + d[:, 2] * o[2]
    c = o[0] ** 2 + o[2] ** 2 - 1.0
    root = np.sqrt(b * b - a * c)
    side_in, side_out = (-b - root) / a, (-b + root) / a
    low, high = (-1.0 - o[1]) / d[:, 1], (1.0 - o[1]) / d[:, 1]
    enter = np.maximum(side_in, np.minimum(low, high))
    leave = np.minimum(side_out, np.maximum(low, high))
    t = np.where(enter > NEAR, enter, leave)
    return np.where((enter <= leave) & (t > NEAR), t, np.inf).astype(np.float32)


def _hit_rectangle(o: Array, d: Array) -> Array:
    t = -o[2] / d[:, 2]
    x, y = o[0] + t * d[:, 0], o[1] + t * d[:, 1]
    inside = (np.abs(x) <= 1) & (np.abs(y) <= 1) & (t > NEAR)
    return np.where(inside, t, np.inf).astype(np.float32)


def _dominant(local: Array) -> Array:
    axis = np.abs(local).argmax(axis=1)
    normal = np.zeros_like(local)
    rows = np.arange(len(local))
    normal[rows, axis] = np.sign(local[rows, axis])
    return normal
