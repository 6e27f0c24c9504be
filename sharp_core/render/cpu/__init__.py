"""The renderer for CPUs, compiled by numba."""
