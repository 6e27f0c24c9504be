import numpy as np
import pytest

from sharp_core.training.procedural.camera import ProceduralCamera, intrinsics_from_focal, look
from sharp_core.training.procedural.leaves import Leaves
from sharp_core.training.procedural.scene import (
    GROUND,
    OTHER,
    PERSON,
    SKY,
    Item,
    Light,
    Material,
    Scene,
    Sky,
)
from sharp_core.training.procedural.solids import Capsule, Solid
from sharp_core.training.procedural.textures import texture_from
from sharp_core.training.procedural.tracer import render

GREY = texture_from(np.full((4, 4, 3), 0.5, np.float32))
FOCAL = 60.0


def scene(*items, shadows=False, towards=(0.0, -1.0, 0.0)):
    one = np.ones(3, np.float32)
    sky = Sky(one * 0.2, one * 0.8, GREY, 0.0)
    light = Light(np.float32(towards), one * 0.8, one * 0.2, shadows=shadows)
    return Scene(tuple(items), sky, light, np.float32([0, 0, 5]), 6.0)


def ground():
    axes = np.float32([[1000, 0, 0], [0, 0, 1], [0, 1000, 0]])
    return Item(Solid("rectangle", np.zeros(3, np.float32), axes), Material(GREY, kind=GROUND))


def ball(x, y, z, radius, kind=OTHER):
    shape = Solid("ellipsoid", np.float32([x, y, z]), np.eye(3, dtype=np.float32) * radius)
    return Item(shape, Material(GREY, kind=kind))


def camera(width=64, height=48, pitch=0.0):
    viewmat = look(np.float32([0, -1.5, 0]), 0.0, pitch, 0.0)
    return ProceduralCamera(intrinsics_from_focal(FOCAL, width, height), viewmat, width, height)


def test_the_ground_has_its_analytic_depth_and_the_rest_is_sky():
    result = render(scene(ground()), camera())
    rows = (np.arange(48) + 0.5 - 24) / FOCAL
    below = rows > 0
    expected = np.where(below, 1.5 / np.where(below, rows, 1.0), np.inf)
    expected[expected > 1000] = np.inf
    np.testing.assert_allclose(result.depth, np.tile(expected[:, None], (1, 64)), rtol=1e-4)
    assert np.array_equal(result.classes == SKY, np.isinf(result.depth))
    assert np.all(result.classes[30:] == GROUND)
    assert result.rgb.min() >= 0
    assert result.rgb.max() <= 1


def test_a_ball_has_its_analytic_depth_and_covers_the_ground():
    result = render(scene(ground(), ball(0.3, -1.4, 5.0, 0.8, PERSON)), camera())
    directions = camera().directions().astype(float)
    centre = np.array([0.3, 0.1, 5.0])  # from the camera
    a = (directions**2).sum(axis=2)
    b = directions @ centre
    root = b**2 - a * (centre @ centre - 0.64)
    hit = root > 1e-3
    depth = (b - np.sqrt(np.maximum(root, 0))) / a
    np.testing.assert_allclose(result.depth[hit], depth[hit], rtol=1e-3)
    assert np.all(result.classes[hit] == PERSON)


def test_the_nearest_shape_wins_whatever_the_order():
    items = [ball(0, -1.5, 4, 0.5, PERSON), ball(0.2, -1.5, 6, 1.0), ground()]
    one, other = render(scene(*items), camera()), render(scene(*items[::-1]), camera())
    assert np.array_equal(one.depth, other.depth)
    assert np.array_equal(one.classes, other.classes)


def test_pixel_windows_lose_nothing():
    """Against intersecting every ray with every shape."""
    rng = np.random.default_rng(3)
    items = [ground()]
    for _ in range(12):
        start = np.float32([rng.uniform(-3, 3), -rng.uniform(0, 3), rng.uniform(0.2, 8)])
        end = start + rng.normal(0, 1, 3).astype(np.float32)
        items.append(Item(Capsule(start, end, float(rng.uniform(0.01, 0.4))), Material(GREY)))
        items.append(ball(*rng.uniform([-3, -3, 1], [3, 0, 8]), 0.4))
    view = camera(pitch=-0.2)
    rays = view.directions().reshape(-1, 3)
    each = np.stack([item.shape.hit(view.position, rays) for item in items])
    np.testing.assert_array_equal(render(scene(*items), view).depth.reshape(-1), each.min(axis=0))


def leaves():
    rng = np.random.default_rng(0)
    centres = np.float32([0, -1.5, 4]) + rng.normal(0, 0.4, (30, 3)).astype(np.float32)
    along = rng.normal(0, 0.1, (30, 3)).astype(np.float32)
    across = np.cross(along, rng.normal(size=(30, 3))).astype(np.float32)
    across *= 0.05 / np.linalg.norm(across, axis=1, keepdims=True)
    return Leaves(centres, along, across, np.ones(30, np.float32))


def test_leaves_lie_in_their_planes_and_within_their_outline():
    shape = leaves()
    view = camera()
    directions = view.directions()
    pixels, depth, which = shape.hits(view, directions)
    assert len(pixels) > 50
    points = view.position + depth[:, None] * directions.reshape(-1, 3)[pixels]
    offset = points - shape.centres[which]
    normals = shape.normals(which)
    np.testing.assert_allclose((offset * normals).sum(axis=1), 0.0, atol=1e-4)
    along, across = shape.along[which], shape.across[which]
    u = (offset * along).sum(axis=1) / (along**2).sum(axis=1)
    v = (offset * across).sum(axis=1) / (across**2).sum(axis=1)
    assert np.all(np.abs(v) <= 1 - u**2 + 1e-3)


@pytest.mark.parametrize("pitch", [0.0, 0.4])
def test_windows_of_leaves_lose_no_hit(pitch):
    """Against every leaf's plane at every ray."""
    shape, view = leaves(), camera(pitch=pitch)
    rays = view.directions().reshape(-1, 3)
    expected = set()
    for leaf, (centre, along, across) in enumerate(
        zip(shape.centres, shape.along, shape.across, strict=True)
    ):
        normal = np.cross(along, across)
        t = ((centre - view.position) @ normal) / (rays @ normal)
        local = view.position + t[:, None] * rays - centre
        u, v = local @ along / (along @ along), local @ across / (across @ across)
        hit = np.nonzero((t > 0.1) & (np.abs(v) <= 1 - u**2 - 1e-4))[0]
        expected |= {(int(pixel), leaf) for pixel in hit}
    pixels, _, which = shape.hits(view, view.directions())
    assert expected <= set(zip(pixels.tolist(), which.tolist(), strict=True))
    assert len(expected) > 20


def test_the_nearest_leaf_wins():
    shape = leaves()
    view = camera()
    pixels, depth, _ = shape.hits(view, view.directions())
    expected = np.full(48 * 64, np.inf, np.float32)
    np.minimum.at(expected, pixels, depth)
    result = render(scene(Item(shape, Material(GREY))), view)
    assert np.array_equal(result.depth.reshape(-1), expected)


def test_two_cameras_see_the_same_surface():
    """Points of one view, projected into the other, are there or behind something."""
    items = (ground(), ball(0.3, -1.0, 5, 0.8), ball(-1.0, -0.5, 3, 0.4))
    left = camera()
    right = ProceduralCamera(
        left.intrinsics, look(np.float32([0.3, -1.6, 0.2]), -0.05, 0, 0), 64, 48
    )
    one, other = (render(scene(*items), view) for view in (left, right))
    seen = np.isfinite(one.depth) & (one.depth < 20)
    points = left.position + one.depth[seen][:, None] * left.directions()[seen]
    there = right.to_camera(points)
    column = there[:, 0] / there[:, 2] * FOCAL + 32
    row = there[:, 1] / there[:, 2] * FOCAL + 24
    inside = (column > 0) & (column < 64) & (row > 0) & (row < 48)
    found = other.depth[row[inside].astype(int), column[inside].astype(int)]
    relative = found / there[inside, 2]
    assert np.mean(np.abs(relative - 1) < 0.1) > 0.9
    assert np.mean(relative > 1.3) < 0.02  # nothing that is there is missed


def test_supersampling_changes_colours_but_keeps_depth_crisp():
    items = (ground(), ball(0.3, -1.0, 5, 0.8))
    one, fine = (render(scene(*items), camera(), n) for n in (1, 3))
    assert np.array_equal(one.depth, fine.depth)
    assert np.array_equal(one.classes, fine.classes)
    assert not np.array_equal(one.rgb, fine.rgb)


def test_a_ball_throws_a_shadow_straight_down():
    items = (ground(), ball(0.0, -2.5, 4.0, 0.6))
    with_shadow = render(scene(*items, shadows=True), camera(pitch=-0.3)).rgb
    without = render(scene(*items), camera(pitch=-0.3)).rgb
    darker = (without - with_shadow).mean(axis=2) > 0.1
    rows, columns = np.nonzero(darker)
    assert 5 < len(rows) < 0.2 * darker.size
    assert abs(columns.mean() - 31.5) < 2


@pytest.mark.parametrize("metres", [10.0, 100.0])
def test_haze_mixes_towards_the_horizon_as_the_exponential_says(metres):
    wall = Solid("box", np.float32([0, 0, 21]), np.diag(np.float32([50, 50, 1])))
    base = scene(Item(wall, Material(GREY, glow=1.0)))
    light = Light(base.light.towards, base.light.direct, base.light.ambient, metres)
    hazy = Scene(base.items, base.sky, light, base.focus, base.extent)
    clear = np.exp(-20.0 / metres)
    expected = (0.5 * clear + 0.8 * (1 - clear)) ** (1 / 2.2)
    np.testing.assert_allclose(render(hazy, camera()).rgb, expected, rtol=1e-3)
