"""Scenes of 360° panoramas: flat tiles, each predicted by any model, merged to one scene."""
