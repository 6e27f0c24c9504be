"""What a person sees in a terminal: messages, progress and records in several formats."""
