from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metadata.time import (
    DAY,
    MONTH,
    TIME_OF_DAY,
    YEAR,
    LocalTime,
    offset_from_gps,
    parse_dated,
    parse_offset,
    parse_time,
)

HOUR = timedelta(hours=1)
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)).map(
    lambda time: time.replace(microsecond=0)
)
OFFSETS_IN_USE = st.sampled_from([-9.5 * HOUR, -3.5 * HOUR, 5.75 * HOUR, 12.75 * HOUR]) | (
    st.integers(-12, 14).map(lambda hours: hours * HOUR)
)


@given(TIMES, st.integers(0, 999))
def test_exif_and_xmp_write_the_same_time(time, milliseconds):
    fraction = f"{milliseconds:03}"
    exact = time + timedelta(milliseconds=milliseconds)
    assert parse_time(f"{time:%Y:%m:%d %H:%M:%S}", fraction) == LocalTime(exact)
    assert parse_time(f"{time:%Y-%m-%dT%H:%M:%S}.{fraction}") == LocalTime(exact)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "    :  :     :  :  ",
        "0000:00:00 00:00:00",
        "1970:01:01 00:00:00",
        "1904:01:01 00:00:00",
        "2014:13:01 00:00:00",
        "2014:02:30 00:00:00",
        "2014:01:01 25:00:00",
        "2014:01:01 10:00:61",
        "0001:01:01 00:00:00",
        "9999:12:31 23:59:59",
        "yesterday",
        "2005: :   :  :  ",
        "19850000",  # a month that is not known
        "1985",
        "2005090307",
        "2000000000",  # seconds, or an hour of the year 2000
    ],
)
def test_no_time(text):
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "local", "offset"),
    [
        ("2024-04-22T14:38:09.526GMT+02:00", datetime(2024, 4, 22, 14, 38, 9, 526_000), 2 * HOUR),
        ("2013-07-05T03:18:27Z", datetime(2013, 7, 5, 3, 18, 27), 0 * HOUR),
        ("2004/3/5 7:08", datetime(2004, 3, 5, 7, 8), None),
        ("2002-06-20", datetime(2002, 6, 20), None),
        ("2011:08:24 14:41:04\0\0", datetime(2011, 8, 24, 14, 41, 4), None),
        ("2011:06:18 09:13:20 PM", datetime(2011, 6, 18, 21, 13, 20), None),
        ("2011:06:18 12:13:20 am", datetime(2011, 6, 18, 0, 13, 20), None),
        ("2011:06:18 12:13 p.m.", datetime(2011, 6, 18, 12, 13), None),
        ("2011:06:18 21:13:20 PM", datetime(2011, 6, 18, 21, 13, 20), None),
        ("2011-06-18T09:13:20PM+02:00", datetime(2011, 6, 18, 21, 13, 20), 2 * HOUR),
        ("2012:10:14 下午04:12:33", datetime(2012, 10, 14, 16, 12, 33), None),
        ("2012:10:14 上午 12:12:33", datetime(2012, 10, 14, 0, 12, 33), None),
        ("2012:10:14 04:12:33 오후", datetime(2012, 10, 14, 16, 12, 33), None),
        ("2012:10:14 午前4:12", datetime(2012, 10, 14, 4, 12), None),
        ("2019:01:01 24:04:20", datetime(2019, 1, 1, 0, 4, 20), None),  # phones of Nokia
        ("2016:12:31 23:59:60", datetime(2016, 12, 31, 23, 59, 59), None),
        ("2018:05:03 11-22-33", datetime(2018, 5, 3, 11, 22, 33), None),
        ("2018:05:03 11:22-05:00", datetime(2018, 5, 3, 11, 22), -5 * HOUR),
        ("2005: 9: 3  7: 5: 9", datetime(2005, 9, 3, 7, 5, 9), None),
        ("2005/09/03 07:05:09", datetime(2005, 9, 3, 7, 5, 9), None),
        ("20050903", datetime(2005, 9, 3), None),
        ("20050903T070509-0500", datetime(2005, 9, 3, 7, 5, 9), -5 * HOUR),
        ("20050903070509", datetime(2005, 9, 3, 7, 5, 9), None),
        ("1125731109", datetime(2005, 9, 3, 7, 5, 9), 0 * HOUR),  # seconds since 1970
        ("1125731109500", datetime(2005, 9, 3, 7, 5, 9, 500_000), 0 * HOUR),
    ],
)
def test_the_ways_in_which_times_are_written(text, local, offset):
    assert parse_time(text) == LocalTime(local, offset)


@pytest.mark.parametrize(
    ("text", "first", "known"),
    [
        ("1985", datetime(1985, 1, 1), YEAR),
        ("1970", datetime(1970, 1, 1), YEAR),
        ("19850000", datetime(1985, 1, 1), YEAR),
        ("1985:00:00 00:00:00", datetime(1985, 1, 1), YEAR),
        ("1985-07", datetime(1985, 7, 1), MONTH),
        ("19850700", datetime(1985, 7, 1), MONTH),
        ("1985-07-00", datetime(1985, 7, 1), MONTH),
        ("1985-07-14", datetime(1985, 7, 14), DAY),
        ("19850714", datetime(1985, 7, 14), DAY),
        ("1985-07-14T09:00", datetime(1985, 7, 14, 9), TIME_OF_DAY),
        ("1125731109", datetime(2005, 9, 3, 7, 5, 9), TIME_OF_DAY),
    ],
)
def test_how_much_of_a_date_is_known(text, first, known):
    found = parse_dated(text)
    assert found is not None
    assert (found.time.local, found.known) == (first, known)


@pytest.mark.parametrize("text", [None, "", "0000", "0000:00:00 00:00:00", "1985-13", "19850230"])
def test_no_part_of_a_date(text):
    assert parse_dated(text) is None


def test_the_offset_tag_counts_before_the_offset_in_the_text():
    assert parse_time("2020-01-01T00:00:01Z", None, "+01:00") == LocalTime(
        datetime(2020, 1, 1, 0, 0, 1), HOUR
    )


@pytest.mark.parametrize(("digits", "microsecond"), [("5", 500_000), ("023460", 23_460)])
def test_subseconds_are_a_fraction(digits, microsecond):
    found = parse_time("2020:01:01 10:00:00", digits)
    assert found is not None
    assert found.local.microsecond == microsecond


@pytest.mark.parametrize("digits", ["", "  ", "-1", "²"])
def test_no_subseconds(digits):
    assert parse_time("2020:01:01 10:00:00", digits) == LocalTime(datetime(2020, 1, 1, 10))


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("+05:45", 5.75 * HOUR),
        ("-0330", -3.5 * HOUR),
        ("+1", HOUR),
        ("Z", 0 * HOUR),
        ("   :  ", None),
        ("+99:00", None),
        ("-14:00", None),
    ],
)
def test_offsets(text, offset):
    assert parse_offset(text) == offset


@given(TIMES, OFFSETS_IN_USE, st.integers(-120, 120))
def test_a_gps_clock_tells_the_offset(local, offset, late):
    assert offset_from_gps(local, local - offset + timedelta(seconds=late)) == offset


@given(TIMES, st.integers(-11, 12), st.integers(-400, 400))
def test_a_wrong_gps_date_does_not_matter(local, hours, days):
    utc = local - hours * HOUR + timedelta(days=days if abs(days) > 1 else 0)
    assert offset_from_gps(local, utc) == hours * HOUR


def test_an_old_fix_tells_no_offset():
    local = datetime(2020, 1, 1, 12)
    assert offset_from_gps(local, local - HOUR + timedelta(minutes=20)) is None
