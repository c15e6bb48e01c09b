"""Documents of a request: attached and taken out by the cooperative, opened by both sides."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from casework import services
from casework.forms import DocumentForm
from casework.models import CodeRequest, RequestDocument
from casework.permissions import can_read_documents
from casework.views.shown import form_lines, visible_requests
from core.errors import RuleViolated
from core.views import show_domain_errors
from office.services import document_response


@login_required
@require_POST
@show_domain_errors
def document_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Attach a file."""
    code_request = get_object_or_404(visible_requests(request), pk=pk)
    form = DocumentForm(request.POST, request.FILES, prefix="document", code_request=code_request)
    if not form.is_valid():
        raise RuleViolated("invalid", form_lines(form))
    services.add_document(code_request, by=request.user, **form.cleaned_data)
    messages.success(request, _("Đã thêm giấy tờ."))
    return redirect(f"{code_request.get_absolute_url()}#documents")


@login_required
@require_safe
@show_domain_errors
def document_open(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Hand the file out as a download, also one taken out later: it is part of an earlier version."""
    return document_response(readable_document(request, pk, document).document)  # type: ignore[return-value]


@login_required
@require_POST
@show_domain_errors
def document_remove(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Take a document out; it stays on record."""
    found = readable_document(request, pk, document)
    services.remove_document(found, by=request.user)
    messages.success(request, _("Đã bỏ giấy tờ khỏi hồ sơ."))
    return redirect(f"{found.code_request.get_absolute_url()}#documents")


def readable_document(request: HttpRequest, pk: int, document: int) -> RequestDocument:
    """Return a document of a request, for whom both are there; Http404 for everybody else."""
    code_request: CodeRequest = get_object_or_404(visible_requests(request), pk=pk)
    if not can_read_documents(request.user, code_request):
        raise Http404
    return get_object_or_404(code_request.documents.select_related("document", "code_request"), pk=document)
