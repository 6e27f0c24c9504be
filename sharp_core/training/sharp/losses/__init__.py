"""The ten losses of SHARP, one file a family. Pure functions on tensors."""
