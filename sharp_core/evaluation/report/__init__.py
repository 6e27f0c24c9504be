"""Reports of an evaluation: tables as text, Markdown and a page with pictures."""
