"""Rooms and close-ups of things on a table."""

import numpy as np

from sharp_core.training.procedural.builder import SceneBuilder, point, random_light, random_sky
from sharp_core.training.procedural.people import add_animal, add_person
from sharp_core.training.procedural.place import Place, add_ground
from sharp_core.training.procedural.plants import add_bush, add_grass, add_hanging_branch
from sharp_core.training.procedural.scene import GROUND, OTHER
from sharp_core.training.procedural.things import (
    add_chair,
    add_object,
    add_pole,
    add_shelf,
    add_sofa,
    add_table,
)


def room(builder: SceneBuilder) -> Place:
    """Return an inside: walls, furniture, people; from cupboard to hall."""
    rng = builder.rng
    half, height = float(rng.uniform(1.5, 5.0)), float(rng.uniform(2.2, 4.0))
    back = float(rng.uniform(2.0, 8.0)) if rng.random() < 0.8 else float(rng.uniform(8.0, 25.0))
    _walls(builder, half, height, back)
    makers = (add_chair, add_sofa, add_shelf)
    for _ in range(int(rng.integers(2, 8))):
        z = float(rng.uniform(1.0, back - 0.3))
        base = point(float(rng.uniform(-half, half)) * 0.9, 0.0, z)
        yaw = (
            float(rng.uniform(0.0, 6.3))
            if rng.random() < 0.4
            else float(rng.choice([0, 1.57, 3.14]))
        )
        if rng.random() < 0.3:
            top = add_table(builder, base, yaw)
            for _ in range(int(rng.integers(0, 4))):
                shift = point(*(rng.uniform(-0.25, 0.25, 3) * [1, 0, 1]).tolist())
                add_object(builder, base + shift + point(0, -top, 0), 0.12)
        else:
            makers[int(rng.integers(3))](builder, base, yaw)
    for _ in range(int(rng.integers(0, 3))):
        x = float(rng.uniform(-half, half)) * 0.7
        feet = point(x, 0, float(rng.uniform(1.0, max(back - 0.5, 1.2))))
        add_person(builder, feet, float(rng.uniform(0.0, 6.3)))
    if rng.random() < 0.4:
        base = point(float(rng.uniform(-half, half)) * 0.8, 0, float(rng.uniform(1.0, back)))
        add_pole(builder, base, float(rng.uniform(1.2, 1.9)), 0.02)
    if rng.random() < 0.4:
        base = point(float(rng.uniform(-half, half)) * 0.8, 0, float(rng.uniform(1.0, back)))
        add_bush(builder, base, float(rng.uniform(0.2, 0.7)))
    light = random_light(rng, outdoors=False)
    scene = builder.finished(random_sky(builder), light, point(0, -1, 0.5 * back), max(half, back))
    return Place(scene, float(rng.uniform(0.8, 1.8)), -0.12)


def _walls(builder: SceneBuilder, half: float, height: float, back: float) -> None:
    rng = builder.rng
    front = -2.0
    middle, deep = (back + front) / 2, (back - front) / 2
    builder.upright("box", point(0, 0.1, middle), (half, 0.05, deep), 0.0, builder.material(GROUND))
    if rng.random() < 0.9:
        builder.upright("box", point(0, -height, middle), (half, 0.05, deep), 0.0, builder.plain())
    wall = builder.material(metres=2.0) if rng.random() < 0.5 else builder.plain()
    builder.upright("box", point(0, 0, back + 0.05), (half, height / 2, 0.05), 0.0, wall)
    for side in (-1, 1):
        builder.upright(
            "box", point(side * (half + 0.05), 0, middle), (0.05, height / 2, deep), 0.0, wall
        )
    for _ in range(int(rng.integers(0, 4))):  # pictures, windows, doors: flat on a wall
        size = rng.uniform(0.3, 1.0, 2)
        low = float(rng.uniform(0.0, 1.2))
        look = builder.material(metres=2.0, glow=float(rng.choice([0.0, 0.8])))
        if rng.random() < 0.5:
            place = point(float(rng.uniform(-half, half)) * 0.8, -low, back - 0.01)
            builder.upright("box", place, (size[0], size[1], 0.02), 0.0, look)
        else:
            place = point(
                float(rng.choice([-1, 1])) * (half - 0.01), -low, float(rng.uniform(0, back))
            )
            builder.upright("box", place, (0.02, size[1], size[0]), 0.0, look)


def close_up(builder: SceneBuilder) -> Place:
    """Return things on a table or on the ground, near, with a far background or a wall."""
    rng = builder.rng
    outdoors = bool(rng.random() < 0.4)
    size = float(np.exp(rng.uniform(np.log(0.03), np.log(0.3))))
    if outdoors:
        add_ground(builder, metres=1.0)
    else:
        _walls(builder, float(rng.uniform(1, 3)), 2.5, float(rng.uniform(1, 5)))
    level = 0.0 if outdoors else float(rng.uniform(0.5, 0.9))
    if not outdoors:
        builder.upright(
            "box",
            point(0, -level + 0.05, 9 * size),
            (12 * size, 0.025, 9 * size),
            0.0,
            builder.material(OTHER, 12 * size),
        )
    for _ in range(int(rng.integers(1, 9))):
        x, z = size * float(rng.normal(0, 2.5)), size * float(rng.uniform(3.5, 14))
        add_object(builder, point(x, -level, z), size)
    if rng.random() < 0.3:
        add_animal(builder, point(0, -level, 8 * size), float(rng.uniform(0, 6.3)), 3 * size)
    if rng.random() < 0.3:
        add_grass(builder, point(0, -level, 6 * size), 5 * size, 2 * size, most=250)
    if rng.random() < 0.3:
        start = point(-4 * size, -level - 5 * size, 6 * size)
        add_hanging_branch(builder, start, point(1, 0.1, 0), 6 * size)
    light = random_light(rng, outdoors=outdoors)
    middle = point(0, -level, 8 * size)
    scene = builder.finished(random_sky(builder), light, middle, 12 * size)
    return Place(
        scene, level + size * float(rng.uniform(1.0, 5.0)), float(rng.uniform(-0.5, -0.05))
    )
