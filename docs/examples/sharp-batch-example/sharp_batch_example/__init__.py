"""What this package adds to sharp-batch: its entry points name it in pyproject.toml."""
