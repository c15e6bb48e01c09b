"""Photos of producers for everybody: only shown ones, in two sizes, cheap to ask for again."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core.views import show_domain_errors
from office.models import Document
from office.services import document_response
from products.models import ProducerPhoto

MAX_AGE_SECONDS = 60  # a photo that is hidden is gone from shared caches within a minute


@require_safe
@show_domain_errors
def photo(request: HttpRequest, slug: str, pk: int, is_small: bool = False) -> HttpResponse:
    """A photo of the producer `slug`; 404 for hidden ones, of hidden products and of holders that are not public."""
    rows = ProducerPhoto.objects.public().filter(cooperative__slug=slug).select_related("document", "small")
    found = get_object_or_404(rows, pk=pk)
    document = found.small if is_small else found.document
    etag = f'"{document.sha256[:32]}"'
    response: Any = get_conditional_response(request, etag=etag)
    if response is None:
        response = photo_response(document)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}, must-revalidate"
    return response


def photo_response(document: Document) -> FileResponse:
    """Return a picture that we wrote ourselves, to be shown in a page; the caller has asked for the right."""
    response = document_response(document)
    response["Content-Type"] = "image/jpeg"
    response["Content-Disposition"] = "inline"
    return response
