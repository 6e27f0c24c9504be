"""How good a model is: metrics, data sets with known cameras, stereo photos as truth."""
