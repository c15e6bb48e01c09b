"""Visits: the page for the phone, what was recorded, the minutes and map on paper, the list of visits due."""

import hashlib
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import OfficerPost, User
from accounts.permissions import holds, roles_with, units_with
from casework import services
from casework.checklists import checklist_of
from casework.desk import SHAPES
from casework.inspection_forms import PlanVisitForm, VisitForm
from casework.models import CodeRequest, Inspection, PlannedVisit
from casework.permissions import can_examine_request, can_inspect_code
from casework.services.inspections import MAX_PHOTOS, Subject
from casework.summaries import map_of
from casework.visit_maps import visit_map
from codes.models import ProductionAreaCode
from codes.views.areas import feature, frame_of
from core.errors import DomainError, RuleViolated
from core.permissions import require
from core.views import error_lines, show_domain_errors
from office.services.documents import document_response

PAGE_SIZE = 50
SHOWN_AS = "image/jpeg"
OUTLINES = ("code__boundary", *(f"code_request__{name}" for name in SHAPES))  # no list draws them


def subject_of(user: Any, params: Any) -> Subject:
    """Return the request (`?request=<number>`) or code (`?code=<code or number>`) that a visit is about.

    404 for what the user's posts do not reach, 403 for what the user may see but not inspect.
    """
    key, text = str(params.get("request") or ""), str(params.get("code") or "")
    subject: Subject | None = None
    if _is_number(key):
        rows = CodeRequest.objects.for_office(user)
        subject = rows.select_related("area__crop", "scheme", "commune", "cooperative").filter(pk=key).first()
    elif text:
        codes = ProductionAreaCode.objects.filter(commune__in=units_with(user, "casework.view_request"))
        codes = codes.select_related("scheme", "commune", "holder", "crop", "market", "area")
        subject = codes.filter(code=text).first() or (codes.filter(pk=text).first() if _is_number(text) else None)
    if subject is None:
        raise Http404
    require(can_examine_request(user, subject) if isinstance(subject, CodeRequest) else can_inspect_code(user, subject))
    return subject


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def inspection_new(request: HttpRequest) -> HttpResponse:
    """The page that is filled in on the ground; without script it posts once, with script through the outbox."""
    if not request.GET.get("request") and not request.GET.get("code"):
        return redirect("casework:visit-list")
    subject = subject_of(request.user, request.GET)
    form = VisitForm(request.POST or None, items=checklist_of(subject, localdate()))
    if request.method == "POST" and form.is_valid():
        inspection = _record(request, subject, form)
        if inspection is not None:
            return redirect("casework:inspection", pk=inspection.pk)
    context = {"form": form, "subject": subject, **_facts(subject), "max_photos": MAX_PHOTOS}
    return render(request, "casework/inspection_form.html", context, status=422 if form.errors else 200)


def _record(request: HttpRequest, subject: Subject, form: VisitForm) -> Inspection | None:
    """Record what the form says, then its photos; what is wrong with a photo does not lose the visit."""
    try:
        inspection = services.record_inspection(subject, **form.visit(), by=request.user)
    except DomainError as error:
        for line in error_lines(error):
            form.add_error(None, line)
        return None
    for image in request.FILES.getlist("photos"):
        raw = image.read()
        own_id = uuid.uuid5(inspection.client_id, hashlib.sha256(raw).hexdigest())  # pressed twice it is one photo
        try:
            services.add_photo(inspection, image=raw, client_id=own_id, by=request.user)
        except RuleViolated as error:
            messages.warning(request, f"{image.name}: {error}")
    messages.success(request, _("Đã ghi kết quả kiểm tra."))
    return inspection


def _facts(subject: Subject) -> dict[str, Any]:
    """What the officer must recognise on the ground, without persons."""
    if isinstance(subject, CodeRequest):
        area = subject.area
        back, key = reverse("casework:file", args=[subject.pk]), f"request={subject.pk}"
        name, crop = area.name, area.crop
        hectares: float | None = area.area_ha
    else:
        back, key = reverse("casework:visit-list"), f"code={subject.code}"
        name, crop, hectares = subject.area_name, subject.crop, subject.area_ha
    return {
        "title": f"{subject}: {name}", "crop": crop, "hectares": hectares, "back": back, "key": key,
        "is_request": isinstance(subject, CodeRequest),
    }  # fmt: skip


def visible_inspections(user: Any) -> QuerySet[Inspection]:
    """Return the visits that an officer may read, with what the pages show."""
    return Inspection.objects.visible_to(user).select_related(
        "inspector", "code_request__area__crop", "code_request__cooperative", "code_request__commune",
        "code_request__scheme", "code__crop", "code__commune", "code__scheme", "code__area", "signature",
    )  # fmt: skip


@login_required
@require_GET
@show_domain_errors
def inspection_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One visit as recorded: answers, photos, samples, the proposed outline on the map."""
    inspection = get_object_or_404(visible_inspections(request.user), pk=pk)
    subject: Any = inspection.code_request or inspection.code
    context = {
        "inspection": inspection,
        "subject": subject,
        **_facts(subject),
        "photos": inspection.photos.select_related("document"),
        "frame": _frame(inspection, subject),
    }
    return render(request, "casework/inspection_detail.html", context)


def _frame(inspection: Inspection, subject: Subject) -> dict[str, Any] | None:
    """The map of a visit: the area, and the outline that is proposed."""
    frame: dict[str, Any] | None = None
    if isinstance(subject, CodeRequest):
        frame = map_of(subject.area, with_neighbours=False)
    elif subject.boundary:
        frame = frame_of([feature(subject.boundary, colour="#f0ac2b", name=subject.area_name)], subject.boundary.extent)
    else:
        frame = frame_of([], inspection.proposed_boundary.extent) if inspection.proposed_boundary else None
    if frame is None:
        return None
    if inspection.proposed_boundary:
        proposed = feature(inspection.proposed_boundary, colour="#175f80", name=_("Ranh giới đề nghị sửa"))
        frame["features"]["features"].append(proposed)
    return frame


@login_required
@require_GET
@show_domain_errors
def inspection_minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes (Biên bản kiểm tra), ready to be printed and signed."""
    inspection = get_object_or_404(visible_inspections(request.user), pk=pk)
    subject: Any = inspection.code_request or inspection.code
    context = {
        "inspection": inspection,
        "subject": subject,
        **_facts(subject),
        "photo_count": inspection.photos.count(),
    }
    return render(request, "casework/inspection_minutes.html", context)


@login_required
@require_GET
@show_domain_errors
def inspection_photo(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A photo of a visit (number 0: the signature), shown to officers of the place only."""
    inspection = get_object_or_404(visible_inspections(request.user), pk=pk)
    if number == 0:
        if inspection.signature is None:
            raise Http404
        return _picture(inspection.signature, "image/png")
    return _picture(get_object_or_404(inspection.photos.select_related("document"), pk=number).document, SHOWN_AS)


def _picture(document: Any, kind: str) -> Any:
    """A streamed answer. Our own pixels (written anew on arrival) may be shown; nothing else can be in such a file."""
    response = document_response(document)
    response["Content-Type"] = kind
    response["Content-Disposition"] = "inline"
    return response


@login_required
@require_GET
@show_domain_errors
def inspection_map(request: HttpRequest) -> HttpResponse:
    """The take-away map of a visit to be made: opens on the phone without a network, and prints."""
    return visit_map(subject_of(request.user, request.GET))


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def visit_list(request: HttpRequest) -> HttpResponse:
    """Visits to be made in the officer's units, the next first; a POST plans one for a code."""
    if not holds(request.user, "casework.view_request"):
        raise Http404
    form = PlanVisitForm(request.POST or None, inspectors=inspectors_of(request.user))
    text = str(request.POST.get("code") or request.GET.get("code") or "")
    if request.method == "POST" and form.is_valid():
        code = subject_of(request.user, {"code": text})
        try:
            services.plan_visit(code, **form.cleaned_data, by=request.user)
        except DomainError as error:
            for line in error_lines(error):
                form.add_error(None, line)
        else:
            messages.success(request, _("Đã ghi lịch kiểm tra."))
            return redirect("casework:visit-list")
    page = Paginator(visits_due(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "visits": list(page),
        "form": form,
        "code_text": text,
        "today": localdate(),
        "may_plan": holds(request.user, "casework.examine_request"),
    }
    return render(request, "casework/inspection_visits.html", context, status=422 if form.errors else 200)


def visits_due(user: Any) -> QuerySet[PlannedVisit]:
    """Return the open visits that the user may see, the next first."""
    rows = PlannedVisit.objects.open().visible_to(user).defer(*OUTLINES)
    return rows.select_related(
        "inspector", "code_request__area__crop", "code_request__commune", "code__crop", "code__commune"
    ).order_by("planned_on", "pk")


def inspectors_of(user: Any) -> QuerySet[User]:
    """Return the officers who may inspect in the user's units: who can be sent."""
    posts = OfficerPost.objects.on(localdate()).filter(
        unit__in=units_with(user, "casework.examine_request"), role__in=roles_with("casework.examine_request")
    )
    found = User.objects.filter(Q(posts__in=posts) | Q(pk=user.pk), is_active=True)
    return found.distinct().order_by("full_name", "username")


@login_required
@require_POST
@show_domain_errors
def visit_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a planned visit out of the list."""
    visit = get_object_or_404(PlannedVisit.objects.visible_to(request.user), pk=pk)
    services.cancel_visit(visit, by=request.user)
    messages.success(request, _("Đã hủy lịch kiểm tra."))
    return redirect("casework:visit-list")
