"""Trees, bushes, grass and bare branches."""

import numpy as np

from sharp_core.training.procedural.builder import Array, SceneBuilder, point
from sharp_core.training.procedural.scene import GROUND, OTHER, Material


def leaf_material(builder: SceneBuilder, kind: int = OTHER) -> Material:
    """Return green, yellow or red leaves."""
    rng = builder.rng
    green = np.array([0.08, 0.17, 0.03]) * np.exp(rng.normal(0.0, 0.35, 3))
    autumn = np.array([0.4, 0.2, 0.03]) * np.exp(rng.normal(0.0, 0.35, 3))
    colour = green if rng.random() < 0.8 else autumn
    return builder.plain(kind, colour.astype(np.float32))


def bark(builder: SceneBuilder) -> Material:
    """Return the surface of trunk and branches."""
    rng = builder.rng
    colour = np.array([0.12, 0.09, 0.06]) * np.exp(rng.normal(0.0, 0.4))
    return builder.plain(OTHER, colour.astype(np.float32))


def add_tree(builder: SceneBuilder, base: Array, height: float, *, bare: bool = False) -> None:
    """Add a tree that stands on `base` (3,), `height` metres high; `bare` has no leaves."""
    rng = builder.rng
    wood = bark(builder)
    crown = base + point(*rng.normal(0.0, 0.05 * height, 3).tolist())
    crown[1] = base[1] - height * float(rng.uniform(0.3, 0.5))
    radius = height * float(rng.uniform(0.015, 0.035))
    builder.capsule(base, crown, radius, wood)
    tips = grow(builder, crown, point(0, -1, 0), (0.35 * height, 0.6 * radius), 3, wood)
    if bare:
        return
    count = int(rng.integers(500, 1800))
    spread = height * float(rng.uniform(0.05, 0.12))
    ends = np.asarray(tips)[rng.integers(0, len(tips), count)]
    centres = ends + rng.normal(0.0, spread, (count, 3))
    size = height * float(rng.uniform(0.012, 0.03))
    builder.leaves(centres.astype(np.float32), size, 0.5 * size, leaf_material(builder), 0.0)


def grow(
    builder: SceneBuilder,
    start: Array,
    direction: Array,
    size: tuple[float, float],
    depth: int,
    wood: Material,
) -> list[Array]:
    """Add branches from `start`, and return the ends of the last ones.

    `size` is the branches' length and radius in metres.
    """
    rng = builder.rng
    tips: list[Array] = []
    length, radius = size
    for _ in range(int(rng.integers(2, 4))):
        heading = direction + rng.normal(0.0, 0.55, 3)
        heading /= np.linalg.norm(heading)
        end = (start + heading * length * rng.uniform(0.6, 1.2)).astype(np.float32)
        builder.capsule(start, end, radius, wood)
        if depth > 1:
            smaller = (0.65 * length, 0.55 * radius)
            tips += grow(builder, end, heading.astype(np.float32), smaller, depth - 1, wood)
        else:
            tips.append(end)
    return tips


def add_bush(builder: SceneBuilder, base: Array, radius: float) -> None:
    """Add a bush of about this radius in metres on `base` (3,)."""
    rng = builder.rng
    green = leaf_material(builder)
    half = (radius * 0.8, radius * 0.7, radius * 0.8)
    builder.upright("ellipsoid", base, half, float(rng.uniform(0, 6.3)), green)
    count = int(rng.integers(200, 700))
    around = rng.normal(size=(count, 3))
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    around *= rng.uniform(0.75, 1.1, (count, 1))
    centres = base + np.array([0, -0.7 * radius, 0]) + around * np.array(half)
    size = radius * float(rng.uniform(0.05, 0.12))
    builder.leaves(centres.astype(np.float32), size, 0.5 * size, green, 0.0)


def add_grass(
    builder: SceneBuilder, middle: Array, reach: float, height: float, most: int = 1200
) -> None:
    """Add up to `most` blades of about `height` metres within `reach` metres of `middle` (3,)."""
    rng = builder.rng
    count = int(rng.integers(most // 4, most))
    centres = middle + rng.uniform(-reach, reach, (count, 3)) * np.array([1.0, 0.0, 1.0])
    centres[:, 1] = middle[1] - height * rng.uniform(0.2, 0.7, count)
    blade = leaf_material(builder, GROUND if height < 0.3 else OTHER)
    builder.leaves(centres.astype(np.float32), 0.6 * height, 0.05 * height + 0.004, blade, 0.8)


def add_hanging_branch(builder: SceneBuilder, start: Array, towards: Array, length: float) -> None:
    """Add a branch that reaches into the picture from its edge, with few leaves or none."""
    rng = builder.rng
    wood = bark(builder)
    size = (length / 2, length * float(rng.uniform(0.006, 0.02)))
    tips = grow(builder, start, towards, size, int(rng.integers(2, 4)), wood)
    if rng.random() < 0.5:
        count = int(rng.integers(30, 200))
        ends = np.asarray(tips)[rng.integers(0, len(tips), count)]
        centres = ends + rng.normal(0.0, 0.08 * length, (count, 3))
        leaf = length * float(rng.uniform(0.02, 0.05))
        builder.leaves(centres.astype(np.float32), leaf, 0.45 * leaf, leaf_material(builder), 0.0)
