"""Commands that check, clean up, upgrade and rebuild a library."""
