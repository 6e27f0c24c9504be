"""Checking, repairing, cleaning up and rebuilding a library."""
