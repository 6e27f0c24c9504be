"""Training of the bundled depth network (`small`) and of SHARP (`sharp`)."""
