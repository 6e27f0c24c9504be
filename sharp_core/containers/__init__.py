"""The file formats of photos, as far as metadata and structure go: HEIF, JPEG, PNG, TIFF, WebP."""
