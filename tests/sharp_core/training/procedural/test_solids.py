"""Each shape against what defines it: hits lie on the surface, and nothing lies before them."""

import numpy as np
import pytest

from sharp_core.training.procedural.solids import NEAR, Capsule, Solid

RNG = np.random.default_rng(11)


def turned_solid(kind):
    turn = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    axes = (turn * np.array([0.8, 0.5, 1.1])).astype(np.float32)
    return Solid(kind, np.array([0.2, -0.1, 4.0], np.float32), axes)


def level(solid, points):
    """At most 1 inside, 1 on the surface."""
    local = np.linalg.solve(solid.axes.astype(float), (points - solid.centre).T.astype(float)).T
    x, y, z = np.abs(local).T
    return {
        "box": np.maximum(np.maximum(x, y), z),
        "ellipsoid": np.sqrt(x**2 + y**2 + z**2),
        "cylinder": np.maximum(np.sqrt(x**2 + z**2), y),
    }[solid.kind]


def rays(count=400):
    directions = RNG.normal(0, 0.25, (count, 3))
    directions[:, 2] = 1.0
    return np.zeros(3, np.float32), directions.astype(np.float32)


@pytest.mark.parametrize("kind", ["box", "ellipsoid", "cylinder"])
def test_first_hits_of_solids(kind):
    solid = turned_solid(kind)
    origin, directions = rays()
    t = solid.hit(origin, directions)
    hit = np.isfinite(t)
    assert 0.1 < hit.mean() < 0.9
    points = origin + t[hit, None] * directions[hit]
    np.testing.assert_allclose(level(solid, points), 1.0, atol=2e-5)
    march = np.linspace(0.01, 8.0, 800)
    inside = np.stack([level(solid, s * directions) < 1 - 1e-4 for s in march])  # (800, P)
    first = np.where(inside.any(axis=0), march[inside.argmax(axis=0)], np.inf)
    assert np.all(first[~hit] == np.inf)
    assert np.all(t <= first + 1e-4)


@pytest.mark.parametrize("kind", ["box", "ellipsoid", "cylinder"])
def test_from_inside_the_far_wall_is_hit(kind):
    solid = turned_solid(kind)
    _, directions = rays()
    t = solid.hit(solid.centre, directions)
    assert np.isfinite(t).all()
    np.testing.assert_allclose(level(solid, solid.centre + t[:, None] * directions), 1.0, atol=2e-5)


@pytest.mark.parametrize("kind", ["box", "ellipsoid", "cylinder", "rectangle"])
def test_normals_are_unit_and_face_out(kind):
    solid = turned_solid(kind)
    origin, directions = rays()
    t = solid.hit(origin, directions)
    hit = np.isfinite(t)
    points = origin + t[hit, None] * directions[hit]
    normals, uv = solid.surface(points)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, rtol=1e-5)
    assert uv.shape == (hit.sum(), 2)
    if kind != "rectangle":
        assert np.all((normals * directions[hit]).sum(axis=1) < 1e-4)


def test_a_rectangle_is_hit_where_the_plane_formula_says():
    solid = turned_solid("rectangle")
    origin, directions = rays()
    t = solid.hit(origin, directions)
    normal = np.cross(solid.axes[:, 0], solid.axes[:, 1])
    plane = (solid.centre @ normal) / (directions @ normal)
    hit = np.isfinite(t)
    np.testing.assert_allclose(t[hit], plane[hit], rtol=1e-4)
    edges = np.linalg.solve(
        solid.axes.astype(float), (plane[:, None] * directions - solid.centre).T
    )
    inside = (np.abs(edges[:2]).max(axis=0) < 1) & (plane > NEAR)
    np.testing.assert_array_equal(hit, inside)


def distance_to_segment(points, start, end):
    axis = end - start
    share = np.clip((points - start) @ axis / (axis @ axis), 0, 1)
    return np.linalg.norm(points - start - share[:, None] * axis, axis=1)


@pytest.mark.parametrize("radius", [0.05, 0.4])
def test_first_hits_of_capsules(radius):
    start, end = np.float32([-0.8, 0.3, 3.0]), np.float32([0.9, -0.4, 5.0])
    capsule = Capsule(start, end, radius)
    origin, directions = rays(3000)
    t = capsule.hit(origin, directions)
    hit = np.isfinite(t)
    assert hit.sum() > 20
    points = origin + t[hit, None] * directions[hit]
    np.testing.assert_allclose(distance_to_segment(points, start, end), radius, atol=1e-3 * radius)
    for s in np.linspace(0.01, 8.0, 400):
        early = distance_to_segment(s * directions, start, end) < radius * (1 - 1e-3)
        assert np.all(t[early] <= s + 1e-4)
    normals, _ = capsule.surface(points)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, rtol=1e-5)
    assert np.all((normals * directions[hit]).sum(axis=1) < 1e-2)


@pytest.mark.parametrize("kind", ["box", "ellipsoid", "cylinder", "rectangle"])
def test_corners_contain_every_hit(kind):
    solid = turned_solid(kind)
    origin, directions = rays()
    t = solid.hit(origin, directions)
    points = t[np.isfinite(t), None] * directions[np.isfinite(t)] + origin
    corners = solid.corners()
    assert np.all(points >= corners.min(axis=0) - 1e-4)
    assert np.all(points <= corners.max(axis=0) + 1e-4)
