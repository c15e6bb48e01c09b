"""PMTiles files of the installation, served in ranges."""

import pytest

from maps.views import archives
from tests.pmtiles import archive_of

pytestmark = pytest.mark.django_db
PATH = "/tiles/archive/nen.pmtiles"


@pytest.fixture
def archive(settings, tmp_path):
    """A configured archive; returns its bytes."""
    content = archive_of(b"tile" * 100)
    settings.STATE_DIR = tmp_path
    settings.MAP_EXTERNAL_BASEMAPS = [{"id": "nen", "name": "Nền", "kind": "pmtiles", "file": "tinh.pmtiles"}]
    (tmp_path / "basemaps").mkdir()
    (tmp_path / "basemaps" / "tinh.pmtiles").write_bytes(content)
    return content


def test_a_range_is_given_with_its_place(client, archive):
    response = client.get(PATH, headers={"Range": "bytes=0-126"})

    assert (response.status_code, response.content) == (206, archive[:127])
    assert response["Content-Range"] == f"bytes 0-126/{len(archive)}"
    assert response["ETag"] and response["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=5-", 5, None), ("bytes=100-999999", 100, None)], ids=["open", "beyond"]
)
def test_a_range_ends_with_the_file(client, archive, asked, first, last):
    assert client.get(PATH, headers={"Range": asked}).content == archive[first:last]


def test_a_range_gives_no_more_than_its_cap(client, archive, monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 10)

    response = client.get(PATH, headers={"Range": "bytes=0-"})

    assert (response.content, response["Content-Range"]) == (archive[:10], f"bytes 0-9/{len(archive)}")


def test_beyond_the_end_is_416(client, archive):
    response = client.get(PATH, headers={"Range": f"bytes={len(archive)}-"})

    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(archive)}")


@pytest.mark.parametrize("asked", ["", "bytes=-5", "bytes=0-1,4-5", "lines=0-1"], ids=["none", "tail", "two", "unit"])
def test_without_one_plain_range_it_says_what_to_do(client, archive, asked):
    response = client.get(PATH, headers={"Range": asked} if asked else {})

    assert response.status_code == 400
    assert "Range" in response.json()["detail"]


def test_head_tells_the_size(client, archive):
    response = client.head(PATH)

    assert (response.status_code, response["Content-Length"]) == (200, str(len(archive)))


@pytest.mark.parametrize("path", ["/tiles/archive/khac.pmtiles", "/tiles/archive/tinh.pmtiles"])
def test_only_configured_archives_are_there(client, archive, path):
    assert client.get(path, headers={"Range": "bytes=0-1"}).status_code == 404


def test_a_name_that_leads_elsewhere_is_no_file(client, archive, settings, tmp_path):
    (tmp_path / "secret.pmtiles").write_text("secret")
    settings.MAP_EXTERNAL_BASEMAPS = [{"id": "nen", "kind": "pmtiles", "file": "../secret.pmtiles"}]

    assert client.get(PATH, headers={"Range": "bytes=0-1"}).status_code == 404
