from pipeline.context.ordered_lists import OrderedLists


def test_each_key_has_its_values():
    lists = OrderedLists([(1, "a"), (1, " b "), (1, "a"), (1, None), (3, "c"), (7, "d")])
    keys = (1, 1, 2, 3, 3, 9)
    values = [("a", "b"), ("a", "b"), (), ("c",), ("c",), ()]
    assert [lists.of(key) for key in keys] == values


def test_no_rows_and_long_values():
    assert OrderedLists([]).of(1) == ()
    assert OrderedLists([(1, "abcdef")], most=3).of(1) == ("abc",)
