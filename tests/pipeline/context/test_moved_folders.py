import pytest

from pipeline.context.moved_folders import FolderPhotos, find_base

PHOTOS = FolderPhotos(
    [
        "/mnt/nas/2019/Oslo/A.jpg",
        "/mnt/nas/2019/Zu\u0308rich/b.jpg",
        "/mnt/nas/2020/c.jpg",
        "/backup/2020/c.jpg",
        "/home/ada/Flat/d.jpg",
    ]
)


@pytest.mark.parametrize(
    ("candidates", "inner", "base"),
    [
        (["/mnt/nas/"], ["2019/Oslo"], "/mnt/nas"),
        (["/MNT/Nas"], [""], None),  # no photo is in the folder itself
        (["/mnt/nas"], ["", "2020"], "/mnt/nas"),
        (["/gone", "/home/x/../../mnt/nas"], ["2020"], "/mnt/nas"),
        (["D:/Photos/"], ["2019/Oslo", "2020", "2021"], "/mnt/nas"),
        (["D:\\Photos\\"], ["2019/Oslo"], "/mnt/nas"),
        (["D:/Photos/"], ["2020"], None),  # it could be either of two
        (["D:/Photos/"], ["2020", "1", "2", "3"], None),  # too few are there
        (["D:/Photos/"], ["osl"], None),
        (["D:/Photos/Flat/"], [""], "/home/ada/flat"),
        (["D:/Photos/2020/"], [""], None),
        (["/mnt/nas"], [], None),
    ],
)
def test_where_a_databases_folders_are(candidates, inner, base):
    assert find_base(candidates, inner, PHOTOS) == base


def test_photos_are_found_whatever_their_case_and_form():
    assert PHOTOS.find("/mnt/nas", "2019/Oslo/a.JPG") == "/mnt/nas/2019/Oslo/A.jpg"
    assert PHOTOS.find("/mnt/nas", "/2019/Z\u00fcrich/b.jpg") == "/mnt/nas/2019/Zu\u0308rich/b.jpg"
    assert PHOTOS.find("/mnt/nas", "2019/Oslo/x.jpg") is None


def test_the_exact_name_counts_first():
    photos = FolderPhotos(["/p/a.jpg", "/p/A.jpg"])
    assert [photos.find("/p", name) for name in ("a.jpg", "A.jpg")] == ["/p/a.jpg", "/p/A.jpg"]
