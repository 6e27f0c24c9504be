from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports.names import NAME_FIELDS, SAMPLE_RECORD, NameTemplate, candidates, safe_name
from schemas.errors import UsageError

PHOTO = replace(
    SAMPLE_RECORD,
    photo_id="0123456789abcdef" * 2,
    paths=("/home/me/Été 2006/Olympus μ.JPG",),
    taken_at=datetime(2019, 7, 14, 18, 30),
    camera_make="Canon",
    camera_model="EOS 5D/Mark II",
    lens_model=None,
)


@pytest.mark.parametrize(
    ("template", "stem"),
    [
        ("{stem}", "Olympus μ"),
        ("{taken:%Y/%m}/{stem}_{camera}", "2019/07/Olympus μ_EOS 5D_Mark II"),
        ("{folder}/{photo_id:.8}", "Été 2006/01234567"),
        ("{lens_model}-{taken}", "unknown-2019-07-14_183000"),
        ("{latitude:+.2f}", "+0.00"),
        ("/a//{stem}/", "a/Olympus μ"),
        ("{{}}{stem}", "{}Olympus μ"),
    ],
)
def test_a_template_becomes_a_name(template, stem):
    assert NameTemplate(template).stem(PHOTO) == stem


def test_what_is_not_known_has_a_text():
    unknown = replace(PHOTO, paths=(), taken_at=None, camera_make=None, camera_model=None)
    stem = NameTemplate("{taken:%Y/%m}/{stem}_{camera}").stem(unknown)
    assert stem == "undated/0123456789ab_unknown"


@pytest.mark.parametrize("name", NAME_FIELDS)
def test_every_field_can_be_used(name):
    assert NameTemplate(f"{{{name}}}").stem(PHOTO)


@pytest.mark.parametrize(
    "wrong",
    [
        "{x}",
        "{stem",
        "{stem.__class__}",
        "{0}",
        "{}",
        "",
        "/",
        "..",
        "{width:%Y}",
        "{stem:{camera}}",
        "{stem!r}",
        "{stem:9999999999999}",
    ],
)
def test_a_template_that_makes_no_sense_names_the_known_fields(wrong):
    with pytest.raises(UsageError) as error:
        NameTemplate(wrong)
    assert "stem" in error.value.hint


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("CON", "CON_"),
        ("nul.txt", "nul_.txt"),
        ("com1", "com1_"),
        ("console", "console"),
        ('a<b>c:d"e\\f|g?h*i', "a_b_c_d_e_f_g_h_i"),
        ("ends. . ", "ends"),
        (".hidden", "_hidden"),
        ("..", "_"),
        ("tab\there\0", "tab_here_"),
        ("e\u0301te\u0301", "été"),
        ("写真 🧸", "写真 🧸"),
        ("", "_"),
    ],
)
def test_names_are_made_safe_for_all_file_systems(name, safe):
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_a_safe_name_is_one_everywhere_and_stays_as_it_is(name):
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 190
    assert not set(safe) & set('<>:"/\\|?*\0\n')
    assert safe[-1] not in ". "
    assert safe[0] not in ". "
    assert safe_name(safe) == safe


def test_the_last_of_the_names_is_nobody_elses():
    names = list(candidates("IMG", PHOTO.photo_id))
    assert names[0] == "IMG"
    assert names[-1] == f"IMG_{PHOTO.photo_id}"
    assert len(set(names)) == len(names)
