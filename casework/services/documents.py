"""Documents of a request: added and taken out by the cooperative while it has the request; frozen at the office."""

from collections.abc import Iterable
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest, RequestDocument, RequestStatus
from casework.permissions import can_edit_request
from casework.services.moving import locked
from codes.models import DocumentKind
from core.errors import Finding, RuleViolated, WrongState
from core.filetypes import file_type_of, has_ending_of
from core.permissions import require
from farms.models import Plot
from office.services import store_upload

EDITABLE = (RequestStatus.DRAFT, RequestStatus.RETURNED)
MAX_DOCUMENT_BYTES = 20 * 1024**2
MAX_DOCUMENTS = 100


@transaction.atomic
def add_document(
    code_request: CodeRequest,
    *,
    kind: str,
    file: File,
    by: Any,
    title: str = "",
    season: str = "",
    plots: Iterable[Plot] = (),
) -> RequestDocument:
    """Attach a file to a draft or returned request; the same file of the same kind once.

    A diary names its season, and its plots (all of the area when none is given). Raises NotAllowed, WrongState,
    FileTooLarge, RuleViolated("invalid", "unknown_file_type", "too_many_documents", "empty_file").
    """
    code_request = _editable(code_request, by)
    chosen = _checked(code_request, kind, season, list(plots))
    _check_type(file)
    live = code_request.documents.filter(removed_at=None)
    if live.count() >= MAX_DOCUMENTS:
        raise RuleViolated("too_many_documents", _("Một hồ sơ có nhiều nhất 100 giấy tờ."))
    stored = store_upload(file, by=by, max_bytes=MAX_DOCUMENT_BYTES)
    same = live.filter(kind=kind, season=season, document__sha256=stored.sha256).first()
    if same is not None:
        stored.file.delete(save=False)
        stored.delete()
        _name_plots(same, chosen)
        return same
    added = RequestDocument.objects.create(
        code_request=code_request, document=stored, kind=kind, title=title, season=season, added_by=by
    )
    _name_plots(added, chosen)
    return added


@transaction.atomic
def remove_document(document: RequestDocument, *, by: Any) -> RequestDocument:
    """Take a document out of a draft or returned request; it stays on record. A second time nothing happens."""
    _editable(document.code_request, by)
    document = RequestDocument.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if document.removed_at is None:
        document.removed_by, document.removed_at = by, timezone.now()
        document.save(update_fields=["removed_by", "removed_at"])
    return document


def _name_plots(document: RequestDocument, plots: list[Plot]) -> None:
    """A diary is about the plots named, else about all of the area; named again with others, about those too."""
    if document.kind == DocumentKind.DIARY:
        document.plots.add(*(plots or document.code_request.area.plots.all()))


def _editable(code_request: CodeRequest, by: Any) -> CodeRequest:
    code_request = locked(code_request)
    require(can_edit_request(by, code_request))
    if code_request.status not in EDITABLE:
        raise WrongState(detail=_("Hồ sơ đang ở cơ quan: giấy tờ chỉ đổi được khi là bản nháp hoặc được trả lại."))
    return code_request


def _checked(code_request: CodeRequest, kind: str, season: str, plots: list[Plot]) -> list[Plot]:
    findings = []
    if kind not in DocumentKind.values:
        findings.append(Finding("unknown_kind", _("Không có loại giấy tờ này."), "/kind"))
    if kind == DocumentKind.DIARY and not season.strip():
        findings.append(Finding("season_missing", _("Nhật ký phải ghi mùa vụ."), "/season"))
    own = set(code_request.area.plots.filter(pk__in=[plot.pk for plot in plots]).values_list("pk", flat=True))
    if any(plot.pk not in own for plot in plots):
        findings.append(Finding("unknown_plot", _("Có thửa không thuộc vùng trồng của hồ sơ."), "/plots"))
    if findings:
        raise RuleViolated("invalid", findings=findings)
    return plots


def _check_type(file: File) -> None:
    if file.size > MAX_DOCUMENT_BYTES:
        return  # store_upload says so, with the limit
    data = file.read()
    file.seek(0)
    kind = file_type_of(data)
    if data and (kind is None or not has_ending_of(file.name or "", kind)):
        text = _(
            "Chỉ nhận PDF, ảnh (PNG, JPEG, WebP, HEIC) và tệp văn phòng (Word, Excel, PowerPoint, OpenDocument) "
            "không có macro; đuôi tên tệp phải đúng với nội dung."
        )
        raise RuleViolated("unknown_file_type", text, findings=[Finding("unknown_file_type", text, "/file")])
