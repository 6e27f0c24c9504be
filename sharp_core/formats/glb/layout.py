"""Names and numbers of glTF 2.0 and of its extension for Gaussians, KHR_gaussian_splatting.

Formats: registry.khronos.org/glTF, and the extension's release candidate of 2026 in
github.com/KhronosGroup/glTF. A GLB is a header, a chunk of JSON and a chunk of bytes. Gaussians are
a mesh primitive of points, whose attributes name accessors, whose numbers are in buffer views:

    POSITION            mean, in the space of its node; metres
    :ROTATION           unit quaternion x y z w
    :SCALE              standard deviations along the Gaussian's own axes, metres
    :OPACITY            from 0 to 1
    :SH_DEGREE_0_COEF_0 f_dc: colour = 0.5 + 0.2820948 f_dc, in the colour space that is named
    COLOR_0             linear colour and opacity, for viewers that show points only

Axes: x right, y up, z back, and the camera of a node looks along its -z. Quaternions are stored in
the same axes.
"""

from __future__ import annotations

import struct

MAGIC = b"glTF"
VERSION = 2
# magic, version, bytes of the file; then bytes and type of each chunk
HEADER = struct.Struct("<4sII")
CHUNK = struct.Struct("<I4s")
JSON_CHUNK, BINARY_CHUNK = b"JSON", b"BIN\0"
LONGEST_FILE = (1 << 32) - 1

EXTENSION = "KHR_gaussian_splatting"
# Drafts of an extension that stores an SPZ in place of accessors. Their text is not settled.
SPZ_EXTENSIONS = (
    "KHR_gaussian_splatting_compression_spz_2",
    "KHR_gaussian_splatting_compression_spz",
)
QUANTIZATION = "KHR_mesh_quantization"
READABLE_EXTENSIONS = (EXTENSION, *SPZ_EXTENSIONS, QUANTIZATION)

POSITION, COLOR = "POSITION", "COLOR_0"
ROTATION, SCALE, OPACITY = (f"{EXTENSION}:{name}" for name in ("ROTATION", "SCALE", "OPACITY"))
SH0 = f"{EXTENSION}:SH_DEGREE_0_COEF_0"
HIGHEST_DEGREE = 3

KERNEL = "ellipse"
SRGB, LINEAR = "srgb_rec709_display", "lin_rec709_display"

POINTS = 0  # the mode of a primitive
ARRAY_BUFFER = 34962  # the target of a buffer view
FLOAT, UNSIGNED_BYTE = 5126, 5121
# Component type -> a NumPy type, and what an integer is divided by where it is normalised.
COMPONENTS = {
    5120: ("<i1", 127.0),
    5121: ("<u1", 255.0),
    5122: ("<i2", 32767.0),
    5123: ("<u2", 65535.0),
    5125: ("<u4", 4294967295.0),
    5126: ("<f4", 1.0),
}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}

# The key of our data in `extras`: of the photo's camera, and of the asset, where it names the axes.
EXTRAS = "sharp_batch"
AXES = "RUB"  # of a glTF's camera
