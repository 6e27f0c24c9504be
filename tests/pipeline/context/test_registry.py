from pipeline.context.registry import SOURCES
from schemas.context import ContextSource


def test_each_source_is_registered_once_in_order_of_trust() -> None:
    listed = [entry.source for entry in SOURCES]
    order = list(ContextSource)
    assert listed == sorted(listed, key=order.index)
    assert all(entry.read_photo or entry.collection for entry in SOURCES)
