"""What people and programs know of photos beyond the files themselves."""
