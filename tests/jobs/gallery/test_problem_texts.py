from __future__ import annotations

import pytest

from jobs.gallery.problem_texts import problem_text


@pytest.mark.parametrize(
    ("reason", "message", "english", "german"),
    [
        ("truncated", "the file is empty", "The file is empty.", "Die Datei ist leer."),
        (
            "too_small",
            "302 x 194 px; the smallest side allowed is 256 px",
            "302 x 194 px; the smallest side allowed is 256 px.",
            "302 x 194 px; die kürzere Seite muss mindestens 256 px haben.",
        ),
        # What only a command can do is no help on a page.
        (
            "panorama_360",
            "a panorama of 360°; 'ingest --allow-360' makes a scene",
            "The image is a 360° panorama.",
            "Das Bild ist ein 360°-Panorama.",
        ),
        (
            "excluded",
            None,
            "A rule excludes it, or a program's folder of copies holds it.",
            "Eine Regel schließt sie aus, oder sie liegt in einem Ordner, in dem ein Programm "
            "Kopien ablegt.",
        ),
        # Without a translation of the message, its reason is told.
        ("too_large", "never seen", "Never seen.", "Das Bild ist viel zu groß zum Öffnen."),
        ("of a later version", "never seen", "Never seen.", "Never seen."),
        (None, None, "", ""),
    ],
)
def test_why_there_is_no_scene_is_told_once(
    reason: str | None, message: str | None, english: str, german: str
) -> None:
    assert problem_text("en", reason, message) == english
    assert problem_text("de", reason, message) == german
