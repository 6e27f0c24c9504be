"""The format PLY, plain and compressed."""
