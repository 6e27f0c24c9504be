"""The format USD with Gaussians, as a layer and as a USDZ package."""
