"""Finding photo files in folders, and identifying them by their content."""
