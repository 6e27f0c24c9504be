"""What EXIF, XMP, IPTC and sidecars say about a photo: focal length, date and position."""
