"""The format SOG: quantised images in one bundle or a folder."""
