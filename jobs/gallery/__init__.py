"""The gallery: a local web server that shows a library and adds photos to it."""
