"""Pages are compressed on the way; what carries an ETag for If-Match is not."""

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from core.middleware import PageGZipMiddleware

LONG = "vùng trồng " * 100


def _answer(rf, response):
    return PageGZipMiddleware(lambda request: response)(rf.get("/", headers={"accept-encoding": "gzip"}))


def test_page_is_compressed(rf):
    answer = _answer(rf, HttpResponse(LONG))

    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content).decode() == LONG


@pytest.mark.parametrize(
    "response",
    [HttpResponse(LONG, headers={"ETag": '"1"'}), StreamingHttpResponse([LONG])],
    ids=["tagged", "streamed"],
)
def test_tagged_and_streamed_answers_stay_as_they_are(rf, response):
    assert "Content-Encoding" not in _answer(rf, response)
