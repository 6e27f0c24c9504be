"""The format SPZ."""
