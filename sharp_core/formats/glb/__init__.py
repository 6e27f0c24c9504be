"""The format glTF with Gaussians."""
