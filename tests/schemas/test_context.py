from schemas.context import CONTEXT_FIELDS, ContextFacts, ContextSource, PhotoContext


def test_facts_are_empty_until_a_field_says_something() -> None:
    assert ContextFacts(source=ContextSource.EXIF).is_empty
    assert not ContextFacts(source=ContextSource.EXIF, rating=0).is_empty
    assert not ContextFacts(source=ContextSource.PICASA, favorite=False).is_empty
    assert not ContextFacts(source=ContextSource.FOLDER, albums=("Italy",)).is_empty


def test_facts_and_their_merger_have_the_same_fields() -> None:
    facts = {name for name in ContextFacts.__dataclass_fields__ if name != "source"}
    merged = {name for name in PhotoContext.__dataclass_fields__ if name != "sources"}
    assert facts == merged == set(CONTEXT_FIELDS)
