"""What tells how alike two images are."""
