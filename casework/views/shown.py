"""What the pages of both sides show of a request."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import localdate

from casework.differences import differences, versions_to_compare
from casework.models import CodeRequest
from casework.permissions import can_read_documents
from casework.requirements import requirements_of


def visible_requests(request: HttpRequest) -> QuerySet[CodeRequest]:
    """Return the requests that the user may see, with what every page shows of them."""
    return CodeRequest.objects.visible_to(request.user).select_related(
        "area__crop", "area__variety", "area__cooperative", "area__commune", "cooperative", "commune", "scheme",
        "assigned_to",
    )  # fmt: skip


def form_lines(form: Any) -> str:
    """Return the errors of a form as one text that names the fields."""
    return " ".join(
        f"{form.fields[name].label}: {texts.as_text()}" for name, texts in form.errors.items() if name in form.fields
    )


def compared(code_request: CodeRequest, request: HttpRequest) -> dict[str, Any]:
    """Return what a page shows of two versions: all numbers, the chosen ones (?old=1&new=2), what changed."""
    versions = list(code_request.versions.defer("boundary").order_by("number"))
    pair = versions_to_compare(versions, request.GET.get("old"), request.GET.get("new"))
    return {"versions": versions, "pair": pair, "changes": differences(*pair) if pair else None}


def documents_of(code_request: CodeRequest, user: Any) -> dict[str, Any]:
    """Return the documents in force, what the scheme asks for, and whether the user may open them."""
    rows = code_request.documents.filter(removed_at=None).select_related("document").prefetch_related("plots")
    return {
        "documents": rows,
        "requirements": requirements_of(code_request, localdate()),
        "may_read_documents": can_read_documents(user, code_request),
    }
