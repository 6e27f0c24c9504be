"""People-like and animal-like shapes, from capsules and ellipsoids."""

from collections.abc import Callable

import numpy as np

from sharp_core.training.procedural.builder import Array, SceneBuilder, point, turned
from sharp_core.training.procedural.scene import OTHER, PERSON, Material

At = Callable[[float, float, float], Array]
"""Maps (right, up, forward), in units of the height, to a point (3,) of the world in metres."""

# Skin from light to dark, linear RGB.
_SKIN = ((0.75, 0.5, 0.4), (0.55, 0.33, 0.22), (0.3, 0.16, 0.1), (0.1, 0.055, 0.04))
_HAIR = ((0.02, 0.015, 0.01), (0.1, 0.06, 0.03), (0.4, 0.28, 0.12), (0.4, 0.4, 0.4))


def add_person(builder: SceneBuilder, feet: Array, yaw: float) -> None:
    """Add a person of 1.0 to 1.9 m whose feet are at `feet` (3,), facing `yaw`."""
    rng = builder.rng
    height = float(rng.normal(1.7, 0.1)) if rng.random() < 0.85 else float(rng.uniform(1.0, 1.4))
    frame = turned(yaw) * np.float32(height)
    sitting = rng.random() < 0.2
    skin = builder.plain(PERSON, np.array(_SKIN[int(rng.integers(4))], np.float32))
    hair = builder.plain(PERSON, np.array(_HAIR[int(rng.integers(4))], np.float32))
    shirt = builder.material(PERSON, 0.6)
    trousers = builder.material(PERSON, 0.6) if rng.random() < 0.5 else builder.plain(PERSON)

    def at(x: float, up: float, forward: float) -> Array:
        return np.asarray(feet + frame @ point(x, -up, forward), np.float32)

    hip = 0.29 if sitting else 0.5
    _add_legs(builder, at, height, hip, sitting, trousers)
    lean = float(rng.normal(0.0, 0.03))
    shoulder = hip + 0.31
    torso = 0.5 * (at(0, hip, 0) + at(0, shoulder, lean))
    half = frame * np.array([rng.uniform(0.1, 0.14), 0.2, rng.uniform(0.06, 0.09)], np.float32)
    builder.solid("ellipsoid", torso, half, shirt)
    builder.capsule(
        at(-0.07, shoulder - 0.03, lean), at(0.07, shoulder - 0.03, lean), 0.045 * height, shirt
    )
    _add_arms(builder, at, height, shoulder - 0.02, lean, (shirt, skin))
    builder.capsule(at(0, shoulder, lean), at(0, shoulder + 0.07, lean), 0.032 * height, skin)
    head = at(0, shoulder + 0.115, lean + 0.01)
    builder.solid("ellipsoid", head, frame * np.array([0.043, 0.065, 0.052], np.float32), skin)
    if rng.random() < 0.9:
        top = at(0, shoulder + 0.135, lean - 0.008)
        size = np.array([0.047, rng.uniform(0.05, 0.07), 0.052], np.float32)
        builder.solid("ellipsoid", top, frame * size, hair)


def _add_legs(
    builder: SceneBuilder, at: At, height: float, hip: float, sitting: bool, cloth: Material
) -> None:
    stride = float(builder.rng.uniform(-0.14, 0.14))
    for side in (-1, 1):
        x = 0.052 * side
        if sitting:
            knee = at(x * 1.5, hip, 0.24)
            foot = at(x * 1.5, 0.03, 0.25)
        else:
            knee = at(x, 0.27, 0.5 * stride * side + 0.02)
            foot = at(x, 0.03, stride * side)
        builder.capsule(at(x, hip, 0), knee, 0.048 * height, cloth)
        builder.capsule(knee, foot, 0.035 * height, cloth)
        builder.capsule(foot, foot + (at(0, 0, 0.09) - at(0, 0, 0)), 0.026 * height, cloth)


def _add_arms(
    builder: SceneBuilder,
    at: At,
    height: float,
    shoulder: float,
    lean: float,
    looks: tuple[Material, Material],
) -> None:
    rng = builder.rng
    cloth, skin = looks
    for side in (-1, 1):
        spread, swing, bend = rng.uniform(0.0, 0.12), rng.normal(0.0, 0.06), rng.uniform(0.0, 0.12)
        if rng.random() < 0.12:  # a raised arm
            elbow = at(side * 0.22, shoulder + 0.06, lean + swing)
            hand = at(side * 0.25, shoulder + 0.22, lean + swing)
        else:
            elbow = at(side * (0.12 + spread), shoulder - 0.16, lean + swing)
            hand = at(side * (0.12 + spread), shoulder - 0.3 + bend, lean + swing + bend)
        builder.capsule(at(side * 0.115, shoulder, lean), elbow, 0.027 * height, cloth)
        builder.capsule(elbow, hand, 0.021 * height, skin if rng.random() < 0.5 else cloth)
        builder.solid("ellipsoid", hand, np.eye(3, dtype=np.float32) * 0.028 * height, skin)


def add_animal(builder: SceneBuilder, feet: Array, yaw: float, height: float) -> None:
    """Add a four-legged animal; its back is `height` metres above `feet` (3,)."""
    rng = builder.rng
    frame = turned(yaw) * np.float32(height)
    coat: Material = builder.material(OTHER, 0.5 * height)

    def at(x: float, up: float, forward: float) -> Array:
        return np.asarray(feet + frame @ point(x, -up, forward), np.float32)

    length = float(rng.uniform(0.45, 0.75))
    body = np.array([rng.uniform(0.18, 0.28), rng.uniform(0.22, 0.32), length], np.float32)
    builder.solid("ellipsoid", at(0, 0.75, 0), frame * body, coat)
    for side in (-1, 1):
        for end in (-1, 1):
            swing = float(rng.normal(0.0, 0.08))
            z = end * length * 0.7
            builder.capsule(
                at(0.12 * side, 0.65, z), at(0.12 * side, 0.04, z + swing), 0.06 * height, coat
            )
    neck = at(0, float(rng.uniform(0.8, 1.4)), length + float(rng.uniform(0.05, 0.35)))
    builder.capsule(at(0, 0.8, length * 0.8), neck, 0.11 * height, coat)
    builder.solid("ellipsoid", neck, frame * np.array([0.13, 0.14, 0.22], np.float32), coat)
    for side in (-1, 1):
        ear = (neck + frame @ point(0.09 * side, -0.22, -0.05)).astype(np.float32)
        builder.capsule(neck, ear, 0.04 * height, coat)
    tail = at(0, float(rng.uniform(0.3, 1.2)), -length - float(rng.uniform(0.1, 0.5)))
    builder.capsule(at(0, 0.85, -length * 0.9), tail, 0.035 * height, coat)
