"""Furniture, cars, and thin structures: poles, wires, railings, fences, signs."""

from itertools import pairwise

import numpy as np

from sharp_core.training.procedural.builder import Array, SceneBuilder, point, turned
from sharp_core.training.procedural.scene import Material


def add_pole(builder: SceneBuilder, base: Array, height: float, radius: float) -> None:
    """Add a lamp post or sign on `base` (3,); lengths in metres."""
    rng = builder.rng
    metal = builder.plain()
    top = base + point(0, -height, 0)
    builder.capsule(base, top, radius, metal)
    end = rng.random()
    if end < 0.4:
        arm = top + turned(float(rng.uniform(0, 6.3))) @ point(0.25 * height, -0.05 * height, 0)
        builder.capsule(top, arm, 0.7 * radius, metal)
        lamp = np.diag([4 * radius, 2 * radius, 4 * radius]).astype(np.float32)
        builder.solid("ellipsoid", arm, lamp, builder.material(glow=0.8))
    elif end < 0.7:
        size = float(rng.uniform(0.2, 0.5))
        half = turned(float(rng.uniform(-0.6, 0.6))) * np.array([size, size, 0.01], np.float32)
        builder.solid("box", top, half, builder.material(metres=2 * size))


def add_wires(builder: SceneBuilder, start: Array, end: Array, count: int) -> None:
    """Add sagging wires between two points (3,) in metres."""
    rng = builder.rng
    metal = builder.plain(colour=point(0.02, 0.02, 0.02))
    span = float(np.linalg.norm(end - start))
    radius = float(rng.uniform(0.006, 0.03))
    for number in range(count):
        sag = span * float(rng.uniform(0.01, 0.06))
        shift = point(0.25 * number, 0.12 * (number % 2), 0.0)
        along = np.linspace(0.0, 1.0, 8, dtype=np.float32)[:, None]
        line = start + along * (end - start) + shift
        line[:, 1] += (4 * sag * along * (1 - along))[:, 0]
        for a, b in pairwise(line):
            builder.capsule(a, b, radius, metal)


def add_railing(builder: SceneBuilder, start: Array, end: Array, height: float) -> None:
    """Add a railing or fence along the ground from `start` to `end`, both (3,)."""
    rng = builder.rng
    metal = builder.plain()
    thick = float(rng.uniform(0.008, 0.035))
    up = point(0, -height, 0)
    span = end - start
    bars = int(rng.integers(1, 5))
    for number in range(bars):
        lift = up * np.float32((number + 1) / bars)
        builder.capsule(start + lift, end + lift, thick, metal)
    length = float(np.linalg.norm(span))
    spacing = float(rng.choice([0.12, 0.25, 1.5]))
    posts = int(np.clip(length / spacing, 2, 40))
    for share in np.linspace(0.0, 1.0, posts + 1, dtype=np.float32):
        foot = start + span * share
        builder.capsule(foot, foot + up, thick * 0.8, metal)


def add_table(builder: SceneBuilder, base: Array, yaw: float) -> float:
    """Add a table on `base` (3,); return the height of its top in metres."""
    rng = builder.rng
    height = float(rng.uniform(0.4, 1.0))
    half = np.array([rng.uniform(0.3, 0.9), 0.02, rng.uniform(0.3, 0.6)], np.float32)
    wood = builder.material()
    builder.solid("box", base + point(0, -height, 0), turned(yaw) * half, wood)
    thick = float(rng.uniform(0.015, 0.04))
    for x in (-0.9, 0.9):
        for z in (-0.9, 0.9):
            foot = base + turned(yaw) @ point(x * half[0], 0, z * half[2])
            builder.capsule(foot, foot + point(0, -height, 0), thick, wood)
    return height + 0.02


def add_chair(builder: SceneBuilder, base: Array, yaw: float) -> None:
    """Add a chair on `base` (3,)."""
    rng = builder.rng
    wood = builder.material(metres=0.5)
    turn = turned(yaw)
    seat, back = float(rng.uniform(0.4, 0.5)), float(rng.uniform(0.8, 1.1))
    builder.solid("box", base + point(0, -seat, 0), turn * point(0.22, 0.02, 0.22), wood)
    for x in (-0.2, 0.2):
        for z in (-0.2, 0.2):
            foot = base + turn @ point(x, 0, z)
            top = back if z > 0 else seat
            builder.capsule(foot, foot + point(0, -top, 0), 0.018, wood)
    bars = int(rng.integers(0, 4))
    for number in range(bars):
        height = seat + (back - seat) * (number + 1) / bars
        left, right = (base + turn @ point(x, -height, 0.2) for x in (-0.2, 0.2))
        builder.capsule(left, right, 0.015, wood)
    if bars == 0:
        middle = base + turn @ point(0, -(seat + back) / 2, 0.2)
        half = turn * point(0.2, (back - seat) / 2, 0.015)
        builder.solid("box", middle, half, wood)


def add_sofa(builder: SceneBuilder, base: Array, yaw: float) -> None:
    """Add a sofa, an armchair or a bed on `base` (3,)."""
    rng = builder.rng
    cloth = builder.material()
    turn = turned(yaw)
    half = float(rng.uniform(0.4, 1.1))
    deep = float(rng.uniform(0.4, 0.9))
    builder.upright("box", base, (half, 0.21, deep), yaw, cloth)
    back = base + turn @ point(0, 0, deep)
    builder.upright("box", back, (half, float(rng.uniform(0.35, 0.5)), 0.1), yaw, cloth)
    if rng.random() < 0.7:
        for side in (-1, 1):
            arm = base + turn @ point(side * half, 0, 0)
            builder.upright("box", arm, (0.1, 0.3, deep), yaw, cloth)


def add_shelf(builder: SceneBuilder, base: Array, yaw: float) -> None:
    """Add an open shelf with books, or a closed cupboard, on `base` (3,)."""
    rng = builder.rng
    wood = builder.material()
    turn = turned(yaw)
    half, height = float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.6, 2.2))
    if rng.random() < 0.4:
        builder.upright("box", base, (half, height / 2, 0.25), yaw, wood)
        return
    boards = int(rng.integers(3, 6))
    for side in (-1, 1):
        builder.upright(
            "box", base + turn @ point(side * half, 0, 0), (0.015, height / 2, 0.15), yaw, wood
        )
    builder.upright("box", base + turn @ point(0, 0, 0.15), (half, height / 2, 0.01), yaw, wood)
    for number in range(boards):
        level = height * (number + 0.5) / boards
        builder.solid("box", base + point(0, -level, 0), turn * point(half, 0.012, 0.15), wood)
        x = -half + 0.05
        while x < half - 0.1 and rng.random() < 0.85:
            width, tall = float(rng.uniform(0.01, 0.06)), float(rng.uniform(0.08, 0.13))
            place = base + turn @ point(x + width, -level - 0.012, float(rng.uniform(-0.1, 0.0)))
            builder.upright(
                "box", place, (width, min(tall, 0.4 * height / boards), 0.09), yaw, builder.plain()
            )
            x += 2.1 * width


def add_object(builder: SceneBuilder, base: Array, size: float) -> None:
    """Add something of about `size` metres that stands on `base` (3,): cup, ball, box, bottle."""
    rng = builder.rng
    look: Material = builder.material(metres=size) if rng.random() < 0.6 else builder.plain()
    yaw = float(rng.uniform(0.0, 6.3))
    x, y, z = (size * float(rng.uniform(0.3, 1.0)) for _ in range(3))
    choice = int(rng.integers(5))
    if choice == 0:
        builder.upright("box", base, (x, y, z), yaw, look)
    elif choice == 1:
        builder.upright("ellipsoid", base, (x, y, z), yaw, look)
    elif choice == 2:
        builder.upright("cylinder", base, (x, y, x), yaw, look)
    elif choice == 3:  # a bottle
        builder.upright("cylinder", base, (0.4 * x, y, 0.4 * x), yaw, look)
        neck = base + point(0, -2 * y, 0)
        builder.capsule(neck, neck + point(0, -0.6 * y, 0), 0.13 * x, look)
    else:  # a twig or cable, leaning
        end = base + point(float(rng.normal(0, size)), -2 * y, float(rng.normal(0, size)))
        builder.capsule(base, end, size * float(rng.uniform(0.02, 0.12)), look)


def add_car(builder: SceneBuilder, base: Array, yaw: float) -> None:
    """Add a car or van on `base` (3,)."""
    rng = builder.rng
    paint, glass = builder.plain(), builder.plain(colour=point(0.03, 0.035, 0.04))
    tyre = builder.plain(colour=point(0.015, 0.015, 0.015))
    turn = turned(yaw)
    length, height = float(rng.uniform(1.8, 2.6)), float(rng.uniform(0.32, 0.5))
    builder.upright("box", base + point(0, -0.25, 0), (0.88, height, length), yaw, paint)
    roof = base + turn @ point(0, -0.25 - 2 * height, -0.15 * length)
    cabin = (0.75, float(rng.uniform(0.25, 0.5)), 0.55 * length)
    builder.upright("ellipsoid" if rng.random() < 0.3 else "box", roof, cabin, yaw, glass)
    for x in (-0.82, 0.82):
        for z in (-0.62, 0.62):
            hub = base + turn @ point(x, -0.33, z * length)
            axes = turn @ np.array([[0, 0.1, 0], [0.33, 0, 0], [0, 0, 0.33]], np.float32)
            builder.solid("cylinder", hub, axes, tyre)
