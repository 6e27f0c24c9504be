"""Views of one scene: stills, clips and stereo pairs, with their cameras and framing."""
