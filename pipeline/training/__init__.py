"""Photos of folders and libraries for the training in `sharp_core`."""
