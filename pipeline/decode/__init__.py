"""Photo files of all kinds -> upright sRGB pixels, without torch."""
