"""Unattended runs: their configuration file, steps, report and delivery."""
