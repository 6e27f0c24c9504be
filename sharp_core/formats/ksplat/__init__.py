"""The format KSPLAT."""
