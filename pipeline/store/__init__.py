"""A library's files, on a disk or in an object store: each is written whole or not at all."""
