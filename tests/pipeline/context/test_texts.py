from pipeline.context.texts import clean, clean_all, joined, without_parts


def test_texts_are_tidied():
    assert clean(" Zu\u0308rich\r\nnoon\0 ") == "Z\u00fcrich\nnoon"
    assert [clean(nothing) for nothing in (None, "", " ", "\0")] == [None] * 4
    assert clean_all(["a", None, " a ", "", 7]) == ("a", "7")


def test_texts_that_no_database_takes_are_mended():
    assert clean("a\ud83d") == "a\ufffd"
    assert clean(b"Z\xc3\xbcrich\xff") == "Z\u00fcrich\ufffd"
    assert len(clean("a" * 50_000)) == 10_000
    assert [len(name) for name in clean_all(["a" * 50_000])] == [500]


def test_hierarchies_are_joined():
    assert joined(["Places", None, " Norway ", ""]) == "Places/Norway"


def test_keywords_swallow_their_levels_and_no_others():
    keywords = ["Bergen", "Places", "Places/Norway", "Places/Norway/Bergen", "sea", "Norway/sea"]
    assert without_parts(keywords) == ("Places/Norway/Bergen", "Norway/sea")
    assert without_parts(["b", "a", "b"]) == ("b", "a")
