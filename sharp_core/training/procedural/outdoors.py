"""Streets, nature, and clutter in the air."""

import numpy as np

from sharp_core.training.procedural.builder import SceneBuilder, point, random_light, random_sky
from sharp_core.training.procedural.people import add_animal, add_person
from sharp_core.training.procedural.place import Place, add_ground
from sharp_core.training.procedural.plants import (
    add_bush,
    add_grass,
    add_hanging_branch,
    add_tree,
)
from sharp_core.training.procedural.scene import GROUND, OTHER
from sharp_core.training.procedural.solids import SolidKind
from sharp_core.training.procedural.things import (
    add_car,
    add_object,
    add_pole,
    add_railing,
    add_wires,
)


def street(builder: SceneBuilder) -> Place:
    """Return houses along a road, with people, cars, trees, poles and wires."""
    rng = builder.rng
    add_ground(builder, metres=3.0)
    width = float(rng.uniform(3.0, 9.0))
    for side in (-1, 1):
        z = float(rng.uniform(-5.0, 6.0))
        pavement = builder.material(GROUND, 1.5)
        builder.upright(
            "box", point(side * (width + 1.0), 0.02, 60), (1.5, 0.07, 70), 0.0, pavement
        )
        while z < 90 and rng.random() < 0.93:
            long, tall = float(rng.uniform(3, 12)), float(rng.uniform(2, 12))
            deep = float(rng.uniform(3, 8))
            x = side * (width + 2.0 + deep + float(rng.uniform(0, 2)))
            builder.upright(
                "box", point(x, 0, z + long), (deep, tall, long), 0.0, builder.material(metres=5.0)
            )
            z += 2 * long + float(rng.choice([0.0, rng.uniform(1, 10)]))
        for _ in range(int(rng.integers(0, 4))):
            base = point(
                side * (width + float(rng.uniform(-0.5, 1.5))), 0, float(rng.uniform(3, 40))
            )
            if rng.random() < 0.5:
                add_tree(builder, base, float(rng.uniform(4, 10)), bare=bool(rng.random() < 0.3))
            else:
                add_pole(builder, base, float(rng.uniform(2.5, 8)), float(rng.uniform(0.03, 0.1)))
        if rng.random() < 0.35:
            x = side * (width - 0.2)
            add_railing(builder, point(x, 0, 1.5), point(x, 0, float(rng.uniform(8, 30))), 1.0)
    for _ in range(int(rng.integers(0, 4))):
        add_car(
            builder,
            point(float(rng.uniform(-width, width)), 0, float(rng.uniform(5, 50))),
            float(rng.choice([0.0, 3.14, rng.uniform(0, 6.3)])),
        )
    for _ in range(int(rng.integers(0, 6))):
        feet = point(float(rng.uniform(-width - 1, width + 1)), 0, float(rng.uniform(1.5, 25)))
        add_person(builder, feet, float(rng.uniform(0, 6.3)))
    if rng.random() < 0.35:
        high = -float(rng.uniform(5, 9))
        add_wires(
            builder,
            point(-width - 2, high, float(rng.uniform(2, 20))),
            point(width + 2, high, float(rng.uniform(5, 60))),
            int(rng.integers(1, 5)),
        )
    light = random_light(rng, outdoors=True)
    scene = builder.finished(random_sky(builder), light, point(0, -1, 10), 18.0)
    return Place(scene, float(rng.uniform(1.2, 1.9)), float(rng.uniform(-0.1, 0.12)))


def nature(builder: SceneBuilder) -> Place:
    """Return trees, bushes, hills, animals, and branches before the sky."""
    rng = builder.rng
    add_ground(builder, metres=2.0)
    for _ in range(int(rng.integers(0, 4))):  # hills and mountains
        far = float(np.exp(rng.uniform(np.log(40), np.log(1500))))
        x = float(rng.uniform(-1, 1)) * far
        half = (far * float(rng.uniform(0.2, 0.9)), far * float(rng.uniform(0.03, 0.25)), far * 0.3)
        hill = builder.material(OTHER, far * 0.4)
        builder.upright("ellipsoid", point(x, half[1], far), half, 0.0, hill)
    for _ in range(int(rng.integers(0, 6))):
        z = float(np.exp(rng.uniform(np.log(3), np.log(60))))
        base = point(float(rng.uniform(-0.8, 0.8)) * z, 0, z)
        add_tree(builder, base, float(rng.uniform(3, 14)), bare=bool(rng.random() < 0.3))
    for _ in range(int(rng.integers(0, 5))):
        z = float(rng.uniform(1.5, 15))
        base = point(float(rng.uniform(-0.7, 0.7)) * z, 0, z)
        if rng.random() < 0.6:
            add_bush(builder, base, float(rng.uniform(0.2, 1.2)))
        else:
            add_object(builder, base, float(rng.uniform(0.2, 1.0)))
    if rng.random() < 0.6:
        z = float(rng.uniform(1.0, 4.0))
        add_grass(
            builder, point(0, 0, z), float(rng.uniform(0.8, 3)), float(rng.uniform(0.05, 0.8))
        )
    for _ in range(int(rng.integers(0, 3))):
        z = float(rng.uniform(1.5, 12))
        feet = point(float(rng.uniform(-0.5, 0.5)) * z, 0, z)
        yaw = float(rng.uniform(0, 6.3))
        if rng.random() < 0.5:
            add_animal(builder, feet, yaw, float(rng.uniform(0.3, 1.5)))
        else:
            add_person(builder, feet, yaw)
    if rng.random() < 0.25:
        z = float(rng.uniform(2, 8))
        tilt = float(rng.uniform(-2, 2))
        add_railing(
            builder, point(-8, 0, z - tilt), point(8, 0, z + tilt), float(rng.uniform(0.7, 1.4))
        )
    if rng.random() < 0.35:
        side = float(rng.choice([-1, 1]))
        z = float(rng.uniform(1.0, 4.0))
        start = point(side * z * 0.9, -1.6 - z * float(rng.uniform(0.1, 0.6)), z)
        add_hanging_branch(builder, start, point(-side, 0.2, 0), z * float(rng.uniform(0.4, 1.2)))
    light = random_light(rng, outdoors=True)
    scene = builder.finished(random_sky(builder), light, point(0, -1, 7), 12.0)
    height = 1.6 if rng.random() < 0.8 else float(rng.uniform(3, 12))
    return Place(scene, float(rng.uniform(0.3, height)), float(rng.uniform(-0.15, 0.15)))


def clutter(builder: SceneBuilder) -> Place:
    """Return shapes anywhere in the air: edges and thin parts against all kinds of background."""
    rng = builder.rng
    if rng.random() < 0.6:
        add_ground(builder, metres=2.0)
    if rng.random() < 0.6:
        half = (30.0, 15.0, 0.1)
        far = float(rng.uniform(6, 40))
        builder.upright(
            "box",
            point(0, 5, far),
            half,
            float(rng.uniform(-0.5, 0.5)),
            builder.material(metres=far / 3),
        )
    for _ in range(int(rng.integers(8, 40))):
        z = float(np.exp(rng.uniform(np.log(1.5), np.log(25))))
        x, y = (float(rng.uniform(-0.6, 0.6)) * z for _ in range(2))
        centre = point(x, y - 1.5, z)
        axes = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.02, 0.15, 3) * z
        look = builder.material(metres=0.2 * z)
        if rng.random() < 0.35:
            end = centre + rng.normal(0, 0.35 * z, 3).astype(np.float32)
            builder.capsule(centre, end, z * float(np.exp(rng.uniform(-6.2, -3.5))), look)
        else:
            kinds: tuple[SolidKind, ...] = ("box", "ellipsoid", "cylinder")
            builder.solid(kinds[int(rng.integers(3))], centre, axes.astype(np.float32), look)
    light = random_light(rng, outdoors=True)
    return Place(builder.finished(random_sky(builder), light, point(0, -1.5, 6), 8.0), 1.5, 0.0)
