"""Whether a file is a spatial photo that readers take for one: every point that can be checked.

Errors are what makes readers refuse the file or show it wrongly; warnings are what they may mind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.errors import HeifError
from sharp_core.containers.heif import Heif, read_heif
from sharp_core.containers.heif_camera import (
    DISPARITY_UUID,
    EXTRINSICS,
    EXTRINSICS_UUID,
    INTRINSICS,
    INTRINSICS_UUID,
    STEREO_GROUP,
    StereoCamera,
    kind_of,
    read_disparity,
    read_extrinsics,
    read_intrinsics,
)
from sharp_core.containers.isobmff import Box
from sharp_core.containers.spatial_limits import camera_problems
from sharp_core.spatial.check_images import decode_eyes, parallax
from sharp_core.spatial.check_items import grid_problems, item_problems

_SAME_DEG = 0.01
_MOST_OFF_CENTRE = 0.05
_EXCHANGED_BELOW = -0.003  # of the width: what is measured is true to half of that
_INTRINSICS, _EXTRINSICS = {INTRINSICS_UUID, INTRINSICS}, {EXTRINSICS_UUID, EXTRINSICS}


class Finding(NamedTuple):
    """One finding."""

    is_error: bool
    text: str


@dataclass(slots=True)
class SpatialReport:
    """What was found. `camera` and sizes as far as the file tells them."""

    findings: list[Finding] = field(default_factory=list)
    width: int | None = None
    height: int | None = None
    camera: StereoCamera | None = None
    parallax: float | None = None  # median, a share of the width

    @property
    def is_good(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def errors(self) -> list[str]:
        """What is wrong."""
        return [finding.text for finding in self.findings if finding.is_error]

    @property
    def warnings(self) -> list[str]:
        """What some readers may mind."""
        return [finding.text for finding in self.findings if not finding.is_error]

    def error(self, text: str) -> None:
        """Add what is wrong."""
        self.findings.append(Finding(True, text))

    def warn(self, text: str) -> None:
        """Add what some readers may mind."""
        self.findings.append(Finding(False, text))


def check_spatial(data: bytes) -> SpatialReport:
    """Check a file's bytes. Nothing is raised for a bad file: it is what the report says."""
    report = SpatialReport()
    try:
        heif = read_heif(data)
    except HeifError as error:
        report.error(str(error))
        return report
    for text in item_problems(heif):
        report.error(text)
    eyes = _check_group(heif, report)
    if eyes is None:
        return report
    for text in (text for eye in eyes for text in grid_problems(heif, eye)):
        report.error(text)
    _check_sizes(heif, eyes, report)
    _check_associations(heif, report)
    _check_camera(heif, eyes, report)
    _check_exif(heif, eyes, report)
    if report.is_good:
        _check_images(data, heif, eyes, report)
    return report


def _check_group(heif: Heif, report: SpatialReport) -> tuple[int, int] | None:
    """Return the eyes' items, if they can be told."""
    groups = [group for group in heif.groups if group.kind == STEREO_GROUP]
    if len(groups) != 1:
        report.error(f"a spatial photo has one stereo group ('ster'), and this has {len(groups)}")
        return None
    (group,) = groups
    if group.version_and_flags or group.trailing_bytes:
        report.error("the stereo group has a version, flags or bytes that are not known")
    if len(set(group.entity_ids)) != 2 or len(group.entity_ids) != 2:
        report.error(f"the stereo group names the items {group.entity_ids}, not two of them")
        return None
    ids = [*heif.items, *(g.group_id for g in heif.groups)]
    if len(set(ids)) != len(ids):
        report.error("a group has the number of an item, or of another group")
    left, right = group.entity_ids
    for name, eye in (("left", left), ("right", right)):
        item = heif.items.get(eye)
        if item is None or item.kind not in (b"hvc1", b"grid") or item.is_hidden:
            report.error(f"the {name} eye, item {eye}, is no visible image")
            return None
    if heif.primary_id == right:
        report.warn("the primary image is the right eye's")
    elif heif.primary_id != left:
        report.error("the primary image is none of the eyes'")
    return left, right


def _check_sizes(heif: Heif, eyes: tuple[int, int], report: SpatialReport) -> None:
    sizes = []
    for eye in eyes:
        size = heif.size_of(eye)
        if size is None or sum(box.kind == b"ispe" for box in heif.properties_of(eye)) != 1:
            report.error(f"item {eye} has no size, or several")
            return
        sizes.append(size)
    if sizes[0] != sizes[1]:
        report.error(f"the eyes differ in size: {sizes[0]} and {sizes[1]}")
    report.width, report.height = sizes[0]
    if report.width % 2 or report.height % 2:
        report.warn(f"{report.width} x {report.height} px: a side is odd")
    for eye in eyes:
        turns = {box.kind for box in heif.properties_of(eye)} & {b"irot", b"imir", b"clap"}
        if turns:
            report.warn(f"item {eye} is turned, mirrored or cropped on display")
    if any(ref.kind == b"auxl" and set(ref.to_ids) & set(eyes) for ref in heif.references):
        report.warn("an eye has an auxiliary image, such as transparency")


def _check_associations(heif: Heif, report: SpatialReport) -> None:
    known = {*heif.items, *(group.group_id for group in heif.groups)}
    own = _INTRINSICS | _EXTRINSICS | {DISPARITY_UUID}
    for entity_id, associations in heif.associations.items():
        if entity_id not in known:
            report.error(f"properties are given to {entity_id}, which is no item and no group")
        for index, is_essential in associations:
            if not 0 <= index <= len(heif.properties):
                report.error(f"item {entity_id} has property {index}, which does not exist")
            elif index and is_essential and kind_of(heif.data, heif.properties[index - 1]) in own:
                report.warn(
                    f"item {entity_id} marks a property of its camera as essential: readers that "
                    "do not know it must refuse the image"
                )


def _check_camera(heif: Heif, eyes: tuple[int, int], report: SpatialReport) -> None:
    try:
        focal = [_intrinsics(heif, eye, report) for eye in eyes]
        x = [_position(heif, eye, report) for eye in eyes]
        disparities = [_disparity(heif, eye) for eye in eyes]
    except HeifError as error:
        report.error(str(error))
        return
    if disparities[0] != disparities[1]:
        report.error("the eyes differ in disparity adjustment")
    if not abs(disparities[0]) <= 1:
        report.error(f"the disparity adjustment is {disparities[0]:.0%} of the width")
        return
    baseline = x[1] - x[0]
    if baseline <= 0:
        report.error(f"the right camera stands {-1000 * baseline:.1f} mm left of the left one")
        return
    try:
        report.camera = StereoCamera(focal[0], baseline, disparities[0])
    except ValueError as error:
        report.error(str(error))
        return
    degrees = [StereoCamera(f, baseline, 0).field_of_view_deg for f in focal]
    if abs(degrees[0] - degrees[1]) > _SAME_DEG:
        report.error(f"the eyes differ in angle of view: {degrees[0]:.2f} and {degrees[1]:.2f}")
    problems = camera_problems(report.camera)
    for text in problems.errors:
        report.error(text)
    for text in problems.warnings:
        report.warn(text)


def _one(heif: Heif, eye: int, kinds: set[bytes], what: str) -> Box:
    found = [box for box in heif.properties_of(eye) if kind_of(heif.data, box) in kinds]
    if len(found) != 1:
        raise HeifError(f"item {eye} has {len(found)} boxes of {what} where there must be one")
    return found[0]


def _intrinsics(heif: Heif, eye: int, report: SpatialReport) -> float:
    box = _one(heif, eye, _INTRINSICS, "intrinsics")
    try:
        found = read_intrinsics(heif.data, box)
    except ValueError as error:
        raise HeifError(f"the intrinsics of item {eye}: {error}") from error
    if not 0 < found.focal < 100:
        raise HeifError(f"the focal length of item {eye} is {found.focal:g} of the width")
    if max(abs(found.x - 0.5), abs(found.y - 0.5)) > _MOST_OFF_CENTRE:
        report.warn(f"item {eye} has its principal point at {found.x:.2f}, {found.y:.2f}")
    return found.focal


def _position(heif: Heif, eye: int, report: SpatialReport) -> float:
    box = _one(heif, eye, _EXTRINSICS, "extrinsics")
    try:
        found = read_extrinsics(heif.data, box)
    except ValueError as error:
        raise HeifError(f"the extrinsics of item {eye}: {error}") from error
    if found.y_m or found.z_m or found.is_turned:
        report.warn(f"the camera of item {eye} is turned, or not level with the other one")
    return found.x_m


def _disparity(heif: Heif, eye: int) -> float:
    """Return the adjustment, which belongs to the image or to the group."""
    groups = [group.group_id for group in heif.groups if eye in group.entity_ids]
    boxes = (box for entity in (eye, *groups) for box in heif.properties_of(entity))
    found = [box for box in boxes if kind_of(heif.data, box) == DISPARITY_UUID]
    if not found:
        raise HeifError(f"item {eye} has no disparity adjustment")
    try:
        return read_disparity(heif.data, found[0])
    except ValueError as error:
        raise HeifError(f"the disparity adjustment of item {eye}: {error}") from error


def _check_exif(heif: Heif, eyes: tuple[int, int], report: SpatialReport) -> None:
    described = {
        to_id
        for reference in heif.references
        if reference.kind == b"cdsc" and _kind(heif, reference.from_id) == b"Exif"
        for to_id in reference.to_ids
    }
    for eye in eyes:
        if eye not in described:
            report.warn(f"item {eye} has no Exif")


def _kind(heif: Heif, item_id: int) -> bytes:
    return heif.items[item_id].kind if item_id in heif.items else b""


def _check_images(data: bytes, heif: Heif, eyes: tuple[int, int], report: SpatialReport) -> None:
    try:
        left, right = decode_eyes(data, heif, eyes)
    except HeifError as error:
        report.error(str(error))
        return
    is_cropped = any(box.kind == b"clap" for eye in eyes for box in heif.properties_of(eye))
    has_size = is_cropped or left.shape[1::-1] == (report.width, report.height)
    if left.shape != right.shape or not has_size:
        report.error("the images have other sizes than the file says")
        return
    report.parallax = parallax(left, right)
    if report.parallax is not None and report.parallax < _EXCHANGED_BELOW:
        report.error(
            "the eyes are exchanged: what the left one sees lies left of what the right one sees"
        )
