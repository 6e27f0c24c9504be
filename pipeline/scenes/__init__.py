"""Stored scenes: writing, reading, converting, rendering and previewing them."""
