"""IPTC-IIM in a photo -> title, caption, keywords and names of the place (IIM 4.2, record 2)."""

from __future__ import annotations

from pipeline.context.captions import clean_caption
from pipeline.context.source import PhotoMaterial
from pipeline.context.texts import clean, clean_all
from schemas.context import ContextFacts, ContextSource
from sharp_core.containers.iptc import (
    CAPTION,
    CITY,
    COUNTRY_NAME,
    HEADLINE,
    KEYWORDS,
    OBJECT_NAME,
    PROVINCE_STATE,
    SUBLOCATION,
    read_iptc,
)


def read_photo(photo: PhotoMaterial) -> ContextFacts | None:
    """Return what a photo's IPTC block says."""
    if not photo.blocks.iptc:
        return None
    texts = read_iptc(photo.blocks.iptc)

    def text(*datasets: tuple[int, int]) -> str | None:
        values = (clean(value) for dataset in datasets for value in texts.get(dataset, ()))
        return next(filter(None, values), None)

    return ContextFacts(
        source=ContextSource.IPTC,
        title=text(OBJECT_NAME, HEADLINE),
        caption=clean_caption(text(CAPTION)),
        keywords=clean_all(texts.get(KEYWORDS, ())),
        location=text(SUBLOCATION),
        city=text(CITY),
        region=text(PROVINCE_STATE),
        country=text(COUNTRY_NAME),
    )
