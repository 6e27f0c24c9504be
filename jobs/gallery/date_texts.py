"""Dates and positions as people write them, the same on all pages. They can be translated."""

from __future__ import annotations

from datetime import datetime

from jobs.gallery.texts import MONTHS, Figures, Message


def month_text(date: datetime) -> Message:
    """Return a month and its year."""
    return Message("{month} {year}", month=Message(MONTHS[date.month - 1]), year=date.year)


def day_text(date: datetime) -> Message:
    """Return the day of a date."""
    return Message(
        "{day} {month} {year}",
        day=date.day,
        month=Message(MONTHS[date.month - 1]),
        year=date.year,
    )


def minute_text(date: datetime) -> Message:
    """Return a date to the minute."""
    return Message("{day}, {time}", day=day_text(date), time=f"{date:%H:%M}")


def position_text(latitude: float, longitude: float) -> Message:
    """Return a position in degrees, to about 10 metres."""
    return Message(
        "{latitude}° {north}, {longitude}° {east}",
        latitude=Figures(f"{abs(latitude):.4f}"),
        north=Message("N") if latitude >= 0 else Message("S"),
        longitude=Figures(f"{abs(longitude):.4f}"),
        east=Message("E") if longitude >= 0 else Message("W"),
    )
