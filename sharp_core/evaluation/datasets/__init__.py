"""Data sets with known cameras, in the layouts in which they are published."""
