"""Libraries, models and scenes for other programs, in memory. `sharp_batch` shows what is here."""
