"""Render a procedural scene: colour, exact depth and classes of each pixel.

Each shape is intersected only with the rays of the pixels that its bounds cover, by numpy over
all these rays; the nearest hit wins. One ray goes through each pixel's centre. Deterministic.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharp_core.training.procedural.camera import ProceduralCamera, intrinsics_from_focal
from sharp_core.training.procedural.leaves import Leaves
from sharp_core.training.procedural.scene import SKY, Item, Light, Scene, Sky
from sharp_core.training.procedural.solids import Capsule, Solid, row_dot

Array = NDArray[np.float32]

# Corners nearer than this have no useful projection: the shape may be anywhere in the picture.
_MIN_CORNER_DEPTH = 0.05
_GAMMA = 2.2
_SHADOW_SIDE = 256
# Distance of the lamp's camera from the scene's focus, in units of the extent.
_LAMP_DISTANCE = 8.0
# A surface shadows another if it is nearer to the lamp by this share of the extent.
_SHADOW_BIAS = 0.01


@dataclass(frozen=True)
class Rendering:
    """A picture with its truth."""

    rgb: Array
    """(H, W, 3), sRGB in [0, 1]."""
    depth: Array
    """(H, W) in metres along the camera's axis; infinite for the sky."""
    classes: NDArray[np.uint8]
    """(H, W): sky 0, ground 1, person 2, other 3."""
    camera: ProceduralCamera


@dataclass(frozen=True)
class _Hits:
    """What each pixel sees first."""

    depth: Array  # (H, W), infinite where nothing is
    item: NDArray[np.int32]  # (H, W), -1 where nothing is
    leaf: NDArray[np.int32]  # (H, W), which leaf of a Leaves item


def render(scene: Scene, camera: ProceduralCamera, supersample: int = 1) -> Rendering:
    """Render `scene` from `camera`.

    With `supersample` n, colours are the mean of n x n rays per pixel; depth and classes are of
    the one nearest to the pixel's centre, so that they stay crisp.
    """
    fine = camera.resized(supersample) if supersample > 1 else camera
    directions = fine.directions()
    hits = _trace(scene.items, fine, directions)
    colours = _shade(scene, fine, directions, hits)
    middle = slice(supersample // 2, None, supersample)
    if supersample > 1:
        n = supersample
        colours = colours.reshape(camera.height, n, camera.width, n, 3).mean(axis=(1, 3))
    depth, item = hits.depth[middle, middle], hits.item[middle, middle]
    kinds = np.array([*(i.material.kind for i in scene.items), SKY], dtype=np.uint8)
    rgb = np.clip(colours, 0.0, 1.0) ** np.float32(1.0 / _GAMMA)
    return Rendering(rgb, np.ascontiguousarray(depth), kinds[item], camera)


def _trace(items: tuple[Item, ...], camera: ProceduralCamera, directions: Array) -> _Hits:
    shape = (camera.height, camera.width)
    depth = np.full(shape, np.inf, dtype=np.float32)
    found = np.full(shape, -1, dtype=np.int32)
    leaf = np.zeros(shape, dtype=np.int32)
    origin = camera.position
    for index, item in enumerate(items):
        if isinstance(item.shape, Leaves):
            _trace_leaves(item.shape, index, camera, directions, _Hits(depth, found, leaf))
            continue
        window = _window(item.shape, camera)
        if window is None:
            continue
        rays = directions[window]
        t = item.shape.hit(origin, rays.reshape(-1, 3)).reshape(rays.shape[:2])
        nearer = t < depth[window]
        depth[window][nearer] = t[nearer]
        found[window][nearer] = index
    return _Hits(depth, found, leaf)


def _trace_leaves(
    leaves: Leaves, index: int, camera: ProceduralCamera, directions: Array, hits: _Hits
) -> None:
    pixels, t, which = leaves.hits(camera, directions)
    order = np.argsort(-t, kind="stable")  # the nearest is written last and stays
    pixels, t, which = pixels[order], t[order], which[order]
    nearer = t < hits.depth.reshape(-1)[pixels]
    pixels = pixels[nearer]
    hits.depth.reshape(-1)[pixels] = t[nearer]
    hits.item.reshape(-1)[pixels] = index
    hits.leaf.reshape(-1)[pixels] = which[nearer]


def _window(shape: Solid | Capsule, camera: ProceduralCamera) -> tuple[slice, slice] | None:
    """Return the rows and columns that a shape may cover, or None outside the picture."""
    corners = camera.to_camera(shape.corners())  # (N, 3)
    depth = corners[:, 2]
    if depth.max() <= 0.0:
        return None
    if depth.min() < _MIN_CORNER_DEPTH:
        return slice(0, camera.height), slice(0, camera.width)
    columns = corners[:, 0] / depth * camera.intrinsics[0, 0] + camera.intrinsics[0, 2]
    rows = corners[:, 1] / depth * camera.intrinsics[1, 1] + camera.intrinsics[1, 2]
    top, bottom = max(0, int(rows.min()) - 1), min(camera.height, int(rows.max()) + 2)
    left, right = max(0, int(columns.min()) - 1), min(camera.width, int(columns.max()) + 2)
    if top >= bottom or left >= right:
        return None
    return slice(top, bottom), slice(left, right)


def _shade(scene: Scene, camera: ProceduralCamera, directions: Array, hits: _Hits) -> Array:
    rays = directions.reshape(-1, 3)
    item, depth = hits.item.reshape(-1), hits.depth.reshape(-1)
    colours = _sky_colours(scene.sky, rays)
    order = np.argsort(item, kind="stable")
    starts = np.searchsorted(item[order], np.arange(len(scene.items) + 1))
    normals = np.zeros_like(colours)
    glow = np.zeros(len(item), dtype=np.float32)
    seen = order[starts[0] :]
    points = np.zeros_like(colours)
    points[seen] = camera.position + depth[seen, None] * rays[seen]
    pixel = 1.0 / float(camera.intrinsics[0, 0])
    for index, part in enumerate(scene.items):
        these = order[starts[index] : starts[index + 1]]
        if these.size == 0:
            continue
        material = part.material
        if isinstance(part.shape, Leaves):
            which = hits.leaf.reshape(-1)[these].astype(np.int64)
            normals[these] = part.shape.normals(which)
            uv = points[these][:, :2]
            factor = part.shape.brightness[which, None]
        else:
            normals[these], uv = part.shape.surface(points[these])
            factor = np.ones(1, np.float32)
        footprint = depth[these] * np.float32(pixel / material.metres)
        albedo = material.texture.sample(uv / np.float32(material.metres), footprint)
        colours[these] = albedo * material.tint * factor
        glow[these] = material.glow
    lit = _light(scene, points[seen], normals[seen], rays[seen])
    lit += glow[seen, None] * (1.0 - lit)
    colours[seen] = _hazy(scene, colours[seen] * lit, depth[seen])
    return colours.reshape(directions.shape)


def _sky_colours(sky: Sky, rays: Array) -> Array:
    length = np.sqrt(row_dot(rays, rays))
    up = np.clip(-rays[:, 1] / length, 0.0, 1.0)
    weight = np.sqrt(up)[:, None]
    colours = sky.horizon * (1.0 - weight) + sky.zenith * weight
    if sky.cloudiness > 0:
        height = np.maximum(up, 0.05) + 0.1
        uv = np.stack([rays[:, 0], rays[:, 2]], axis=1) / length[:, None] / height[:, None]
        fine = np.full(len(uv), 1 / 256, dtype=np.float32)
        clouds = sky.clouds.sample((0.3 * uv).astype(np.float32), fine)
        colours = colours + np.float32(sky.cloudiness) * (clouds - colours)
    return colours.astype(np.float32)


def _light(scene: Scene, points: Array, normals: Array, rays: Array) -> Array:
    """Return (P, 3): the light that arrives at each point."""
    light = scene.light
    facing = np.sign(-row_dot(normals, rays))  # both sides of a leaf are lit
    slope = np.maximum((normals @ light.towards) * facing, 0.0)
    if light.shadows and points.size:
        slope = slope * _unshadowed(scene, points)
    # Undersides see less of the sky.
    open_sky = 0.75 - 0.25 * normals[:, 1] * facing
    return np.asarray(
        slope[:, None] * light.direct + open_sky[:, None] * light.ambient, dtype=np.float32
    )


def _unshadowed(scene: Scene, points: Array) -> Array:
    """Return (P,): 0 where another surface hides the lamp, else 1, by a depth map of the lamp."""
    camera = lamp_camera(scene.light, scene.focus, scene.extent)
    nearest = _trace(scene.items, camera, camera.directions()).depth
    there = camera.to_camera(points)
    depth = np.maximum(there[:, 2], _MIN_CORNER_DEPTH)
    column = there[:, 0] / depth * camera.intrinsics[0, 0] + camera.intrinsics[0, 2]
    row = there[:, 1] / depth * camera.intrinsics[1, 1] + camera.intrinsics[1, 2]
    inside = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    inside &= np.isfinite(column) & np.isfinite(row)
    first = np.full(len(points), np.inf, dtype=np.float32)
    first[inside] = nearest[row[inside].astype(np.int64), column[inside].astype(np.int64)]
    hidden = depth > first + np.float32(_SHADOW_BIAS * scene.extent)
    return np.where(hidden, 0.0, 1.0).astype(np.float32)


def lamp_camera(light: Light, focus: Array, extent: float) -> ProceduralCamera:
    """Return a camera at the lamp that sees a sphere of radius `extent` around `focus`."""
    position = focus + light.towards * np.float32(_LAMP_DISTANCE * extent)
    forward = -light.towards.astype(np.float64)
    side = np.cross([0.0, 1.0, 0.0] if abs(forward[1]) < 0.95 else [1.0, 0.0, 0.0], forward)
    side /= np.linalg.norm(side)
    rotation = np.stack([side, np.cross(forward, side), forward])  # world to camera
    viewmat = np.eye(4)
    viewmat[:3, :3] = rotation
    viewmat[:3, 3] = -rotation @ position
    focal = _LAMP_DISTANCE * _SHADOW_SIDE / 2
    intrinsics = intrinsics_from_focal(focal, _SHADOW_SIDE, _SHADOW_SIDE)
    return ProceduralCamera(intrinsics, viewmat.astype(np.float32), _SHADOW_SIDE, _SHADOW_SIDE)


def _hazy(scene: Scene, colours: Array, depth: Array) -> Array:
    if not np.isfinite(scene.light.haze_metres):
        return colours
    clear = np.exp(-depth / np.float32(scene.light.haze_metres))[:, None]
    return np.asarray(colours * clear + scene.sky.horizon * (1.0 - clear), dtype=np.float32)
