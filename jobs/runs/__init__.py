"""Runs over a library, from lock to report: ingest, preview, export and convert."""
