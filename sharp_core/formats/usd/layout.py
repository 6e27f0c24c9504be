"""How a scene is stored in USD: as a ParticleField3DGaussianSplat of OpenUSD 26.3 and newer.

Schema: openusd.org, `usdVol`. A field has positions, orientations (quaternions of unit length),
scales (standard deviations), opacities from 0 to 1, and coefficients of harmonics, of which the
first is f_dc: colour = 0.5 + 0.2820948 f_dc. Float arrays count before half ones. Longer arrays
than that of positions are cut; shorter ones are ignored, and defaults used.

Axes: those of the stage, y or z up; a camera looks along its -z. Our files have y up, in metres.
"""

from __future__ import annotations

ROOT, FIELD, CAMERA = "/Scene", "/Scene/Gaussians", "/Scene/Photo"
LAYER_NAME = "scene.usdc"  # in a package
# Colour spaces that `colorSpace:name` names. Other names are read as sRGB.
SRGB, LINEAR_PREFIX = "srgb_rec709_scene", "lin_rec709"
# The key of our data: of the photo in the camera's custom data, of the axes in the layer's.
CUSTOM_DATA = "sharp_batch"
FILM_WIDTH = 36.0  # the aperture of the camera: its focal length is that of 35 mm film
AXES = "RUB"  # of a stage with y up

CRATE_MAGIC, TEXT_MAGIC, PACKAGE_MAGIC = b"PXR-USDC", b"#usda", b"PK\3\4"
