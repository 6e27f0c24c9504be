from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from pipeline.metadata.sensors import SensorSize, sensor_size


@pytest.mark.parametrize(
    ("make", "model", "long_mm"),
    [
        ("Canon", "Canon EOS 5D Mark III", 36),
        ("Canon", "Canon EOS 350D DIGITAL", 22.2),
        ("Canon", "Canon EOS REBEL T3i", 22.3),
        ("Canon", "Canon EOS 1000D", 22.2),
        ("Canon", "Canon EOS-1D Mark IV", 27.9),
        ("Canon", "Canon EOS R6", 36),
        ("Canon", "Canon EOS R7", 22.3),
        ("Canon", "Canon DIGITAL IXUS v3", 5.33),
        ("Canon", "Canon PowerShot SX60 HS", 6.17),
        ("NIKON CORPORATION", "NIKON D40", 23.7),
        ("NIKON CORPORATION", "NIKON D850", 35.9),
        ("NIKON CORPORATION", "NIKON Z 6_2", 35.9),
        ("NIKON CORPORATION", "NIKON Z 50", 23.5),
        ("NIKON", "E950", 6.4),
        ("NIKON", "COOLPIX P7000", 7.44),
        ("SONY", "ILCE-7SM3", 35.8),
        ("SONY", "ILCE-6400", 23.5),
        ("SONY", "DSC-RX100M3", 13.2),
        ("SONY", "DSC-RX1RM2", 35.8),
        ("SONY", "DSC-HX5V", 5.9),
        ("FUJIFILM", "X-E2", 23.5),
        ("FUJIFILM", "FinePix S5500  ", 5.33),
        ("FUJIFILM", "FinePixS1Pro", 23),
        ("OLYMPUS IMAGING CORP.  ", "E-M5           ", 17.3),
        ("OLYMPUS OPTICAL CO.,LTD", "C960Z,D460Z", 5.33),
        ("OM Digital Solutions", "OM-1", 17.3),
        ("Panasonic", "DMC-G7", 17.3),
        ("Panasonic", "DC-S5", 35.6),
        ("PENTAX Corporation", "PENTAX K10D", 23.5),
        ("RICOH IMAGING COMPANY, LTD.", "PENTAX K-1", 35.9),
        ("EASTMAN KODAK COMPANY", "KODAK DC240 ZOOM DIGITAL CAMERA", 7.27),
        ("Apple", "iPhone 3GS", 3.58),
        ("HTC", "HTC Desire", 4.54),
        ("Google", "Pixel 8 Pro", 9.79),
        ("DJI", "FC300X", 6.17),
    ],
)
def test_cameras_by_the_names_that_they_write(make, model, long_mm):
    size = sensor_size(make, model)
    assert size is not None
    assert size.long_mm == long_mm


@pytest.mark.parametrize(
    ("make", "model"),
    [(None, None), ("", ""), ("Canon", None), (None, "no such camera"), ("motorola", "moto g(9)")],
)
def test_unknown_cameras(make, model):
    assert sensor_size(make, model) is None


def test_a_model_that_names_its_brand_needs_no_make():
    assert sensor_size(None, "NIKON D750") == SensorSize(35.9, 23.9)


def test_every_line_is_a_sensor():
    with files("pipeline.metadata").joinpath("cameras.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) > 150
    for line in lines:
        width, height = float(line["width_mm"]), float(line["height_mm"])
        assert 3 < height <= width < 60 or 2.5 < height <= width < 4
        assert 1.25 < width / height < 1.6
        assert re.compile(line["model"])
        assert line["model"] == line["model"].lower()
