"""How good a photo and its scene are: measures, flags and a score."""
