"""What SHARP is trained on: procedural scenes, posed folders and photos."""
