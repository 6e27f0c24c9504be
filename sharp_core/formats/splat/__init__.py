"""The format .splat."""
