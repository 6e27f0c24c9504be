"""Exports: scenes as files for other programs, in a folder with a manifest."""
