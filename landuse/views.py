"""Steward of land-use layers: versions, upload with preview, publishing, history."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.permissions import require
from core.views import show_domain_errors
from landuse import uploads
from landuse.comparison import order_comparison
from landuse.forms import ColumnsForm, LayerUploadForm
from landuse.models import LandUseClass, LandUseLayer, LayerUpload, UploadStatus
from landuse.permissions import can_edit_layers
from landuse.services import publish_layer
from places.models import AdministrativeUnit

PAGE_SIZE = 40
WAITING = 10
HISTORY = 30


@login_required
@require_safe
@show_domain_errors
def layer_list(request: HttpRequest) -> HttpResponse:
    """GET /maps/land-use/layers/: every version by map, published or not, and files on their way."""
    require(can_edit_layers(request.user))
    layers = (
        LandUseLayer.objects.select_related("unit", "scheme").defer("unit__boundary", "unit__boundary_3857")
        .annotate(parcel_count=Count("parcels")).order_by("kind", "unit__name_vi", "-as_of", "pk")
    )  # fmt: skip
    page = Paginator(layers, PAGE_SIZE).get_page(request.GET.get("page"))
    waiting = LayerUpload.objects.exclude(status=UploadStatus.STORED).order_by("-created_at")[:WAITING]
    return render(request, "landuse/layer_list.html", {"page": page, "waiting": waiting})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def upload_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /maps/land-use/layers/new/: what the version is, its file; a job reads it. `from`: a layer's slug whose
    facts to begin with."""
    require(can_edit_layers(request.user))
    form = LayerUploadForm(request.POST or None, request.FILES or None, initial=_facts_of(request.GET.get("from", "")))
    if request.method == "POST" and form.is_valid():
        about = dict(form.cleaned_data)
        file, legal = about.pop("file"), about.pop("legal_file")
        try:
            upload = uploads.start_layer_upload(
                file, about=uploads.json_ready(about), legal_file=legal, by=request.user
            )
            return redirect(upload)
        except DomainError as error:
            form.add_error("legal_file" if error.code == "not_a_pdf" else "file", str(error.detail))
    units = AdministrativeUnit.objects.current().exclude(level="hamlet").order_by("name_vi")
    words = [f"{kind} {name}".strip() for kind, name in units.values_list("unit_type", "name_vi")]
    context = {"form": form, "words": words}
    return render(request, "landuse/upload_new.html", context, status=422 if form.errors else 200)


def _facts_of(slug: str) -> dict[str, Any]:
    layer = LandUseLayer.objects.select_related("unit").filter(slug=slug).first()
    if layer is None:
        return {}
    return {"kind": layer.kind, "name": layer.name, "unit": layer.unit.code, "scheme": layer.scheme_id,
            "source": layer.source}  # fmt: skip


@login_required
@require_safe
@show_domain_errors
def upload_detail(request: HttpRequest, pk: Any) -> HttpResponse:
    """GET: whatever comes next for this file; while a job works the page asks again by itself. `column`: the heading of
    the classes to look at."""
    require(can_edit_layers(request.user))
    upload = uploads.take_up(get_object_or_404(LayerUpload, pk=pk))
    job = upload.job
    is_working = job is not None and job.status in uploads.WORKING
    is_part = request.headers.get("HX-Request") == "true"
    if is_working:
        template = "landuse/_upload_progress.html" if is_part else "landuse/upload_progress.html"
        return render(request, template, {"upload": upload, "job": job})
    if is_part:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _render(request, upload)


def _render(
    request: HttpRequest, upload: LayerUpload, *, form: ColumnsForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"upload": upload, "job": upload.job, "error": error}
    if upload.status == UploadStatus.PREVIEWED:
        context["form"] = form or _columns_form(upload, None, request.GET.get("column") or upload.summary["column"])
        context["columns"] = list(upload.summary["values"])
        context["error"] = error or (upload.job.error if upload.job else "")
    return render(request, "landuse/upload_detail.html", context, status=status)


def _columns_form(upload: LayerUpload, data: Any, column: str) -> ColumnsForm:
    if column not in upload.summary["values"]:
        column = ""
    classes = list(LandUseClass.objects.filter(scheme=upload.about["scheme"]))
    guessed = uploads.guessed_classes(upload.about["scheme"], upload.summary["values"].get(column, []))
    return ColumnsForm(data, upload=upload, column=column, guessed=guessed, classes=classes)


@login_required
@require_POST
@show_domain_errors
def upload_answer(request: HttpRequest, pk: Any) -> HttpResponse:
    """POST `answer`: which layer, coordinate system or encoding; the file is read again."""
    upload = get_object_or_404(LayerUpload, pk=pk)
    return redirect(uploads.answer_upload(upload, request.POST.get("answer", ""), by=request.user))


@login_required
@require_POST
@show_domain_errors
def upload_store(request: HttpRequest, pk: Any) -> HttpResponse:
    """POST: the column and the class of each of its values; a job stores the version."""
    require(can_edit_layers(request.user))
    upload = uploads.take_up(get_object_or_404(LayerUpload, pk=pk))
    if upload.status != UploadStatus.PREVIEWED:
        return redirect(upload)
    form = _columns_form(upload, request.POST, request.POST.get("column", ""))
    if not form.is_valid():
        return _render(request, upload, form=form, status=422)
    try:
        uploads.store_layer_upload(
            upload,
            column=form.column,
            classes=form.chosen(),
            ref=form.cleaned_data["ref"],
            name=form.cleaned_data["name"],
            by=request.user,
        )
    except DomainError as error:
        return _render(request, upload, form=form, error=str(error.detail), status=error.status)
    return redirect(upload)


@login_required
@require_safe
@show_domain_errors
def layer_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: one version with its facts, the other versions, what the upload told, and who changed what when."""
    require(can_edit_layers(request.user))
    layer = get_object_or_404(LandUseLayer.objects.select_related("unit", "scheme", "document"), slug=slug)
    context = {
        "layer": layer,
        "parcel_count": layer.parcels.count(),
        "versions": LandUseLayer.objects.versions_of(layer),
        "upload": layer.uploads.first(),
        "events": _events(layer),
    }
    return render(request, "landuse/layer_detail.html", context)


def _events(layer: LandUseLayer) -> list[dict[str, Any]]:
    """What the row's history says, the newest first: moment, deed, who."""
    deeds = {"insert": _("Tạo lớp"), "update": _("Thay đổi"), "delete": _("Xóa")}
    history: Any = layer.history  # type: ignore[attr-defined]  # made by `keep_history`
    rows = list(history.select_related("pgh_context").order_by("-pgh_created_at", "-pgh_id")[:HISTORY])
    contexts = [row.pgh_context.metadata if row.pgh_context else {} for row in rows]
    people = get_user_model().objects.in_bulk({context["user"] for context in contexts if context.get("user")})
    told = []
    for number, row in enumerate(rows):
        before = rows[number + 1] if number + 1 < len(rows) else None
        deed = deeds.get(row.pgh_label, row.pgh_label)
        if before is not None and before.is_public != row.is_public:
            deed = _("Công khai") if row.is_public else _("Thôi công khai")
        elif before is not None and before.revision != row.revision:
            deed = _("Ghi khoanh đất")
        told.append({"at": row.pgh_created_at, "deed": deed, "user": people.get(contexts[number].get("user"))})
    return told


@login_required
@require_POST
@show_domain_errors
def layer_publish(request: HttpRequest, slug: str) -> HttpResponse:
    """POST `public` = 1 or 0: show the version to everybody, or no longer. Publishing also has the comparison with the
    version before it worked out."""
    layer = get_object_or_404(LandUseLayer.objects.visible_to(request.user), slug=slug)
    is_public = request.POST.get("public") == "1"
    layer = publish_layer(layer, by=request.user, is_public=is_public)
    if is_public:
        before = LandUseLayer.objects.public().versions_of(layer).filter(as_of__lt=layer.as_of).first()
        if before is not None:
            order_comparison(before, layer, by=request.user)
    messages.success(request, _("Lớp đã công khai.") if is_public else _("Lớp không còn công khai."))
    return redirect("landuse:layer-detail", slug=layer.slug)
