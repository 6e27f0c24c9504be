"""Stereo images and spatial photos: layouts, containers and their checks."""
