"""Exports as jobs: ordered, made by the worker, told of, handed out for some days, gone."""

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from cooperatives.services.person_exports import clean_purpose, is_still_open, take_persons_out
from core.errors import BadInput, Finding, NotAllowed, RuleViolated, WrongState
from core.permissions import require
from exchange.exports import personal
from exchange.exports.files import Written, require_fitting, write_batches, write_export
from exchange.exports.formats import FORMATS
from exchange.models import Export, ExportFormat, ExportProfile
from exchange.profiles import PROFILES
from exchange.selection import Selection
from office.models import Document, Job
from office.sentences import Sentence
from office.services import cancel_job, erase_content, notify, start_job, store_made, tell_progress
from people.models import Consent, Purpose

KIND = "exchange.make_export"
MOST_OF_A_USER = 3  # that wait or run at a time
MOST_OF_VISITORS = 6  # of all of them together
SCRATCH = "making"  # folder under MEDIA_ROOT: a file that is finished is moved, not copied
FORGOTTEN_AFTER = dt.timedelta(days=90)
# The picture that a file is of is a little older than its moment: the transaction began before, a replica lags.
_MARGIN = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Shape:
    """In which form a selection goes out; `personal` are values of `personal.PersonalField`."""

    format: ExportFormat
    profile: ExportProfile = ExportProfile.PLAIN
    personal: tuple[str, ...] = ()
    purpose: str = ""


def shape_from(
    selection: Selection, *, format: str, profile: str = "", personal_fields: Sequence[str] = (), purpose: str = ""
) -> Shape:
    """Return the form that is asked for. Raises BadInput with a finding by name, NotAllowed, RuleViolated as
    `require_fitting` and `Profile.require`, RuleViolated("purpose_missing", "format_not_for_personal")."""
    findings = []
    if format not in ExportFormat.values:
        findings.append(_unknown("format", format, ExportFormat.values))
    if profile and profile not in ExportProfile.values:
        findings.append(_unknown("profile", profile, ExportProfile.values))
    wrong = [name for name in personal_fields if name not in personal.PersonalField.values]
    findings.extend(_unknown("personal", name, personal.PersonalField.values) for name in wrong)
    if findings:
        raise BadInput(findings=findings)
    shape = Shape(ExportFormat(format), ExportProfile(profile or "plain"), tuple(dict.fromkeys(personal_fields)))
    if shape.profile == ExportProfile.PLAIN:
        require_fitting(selection, shape.format)
    else:
        _require_profile(selection, shape)
    return _with_purpose(selection, shape, purpose)


def _unknown(name: str, value: str, known: Sequence[str]) -> Finding:
    detail = _("Không có “%(value)s”. Dùng được: %(known)s.") % {"value": value[:40], "known": ", ".join(known)}
    return Finding("invalid", detail, f"/{name}", {"parameter": name})


def _require_profile(selection: Selection, shape: Shape) -> None:
    if shape.profile not in PROFILES:
        raise RuleViolated("profile_not_for_layer", _("Chưa có mẫu này."))
    PROFILES[shape.profile].require(selection, shape.format)


def _with_purpose(selection: Selection, shape: Shape, purpose: str) -> Shape:
    if not shape.personal:
        return shape
    allowed = personal.fields_for(selection.layer.name, selection.user)
    require(set(shape.personal) <= set(allowed), _("Bạn không được xuất các trường cá nhân này."))
    if shape.format not in personal.FORMATS or shape.profile != ExportProfile.PLAIN:
        detail = _("Dữ liệu cá nhân chỉ xuất dạng XLSX hoặc GeoPackage.")
        raise RuleViolated("format_not_for_personal", detail)
    return Shape(shape.format, shape.profile, shape.personal, clean_purpose(purpose))


@transaction.atomic
def order_export(selection: Selection, shape: Shape, *, by: Any) -> Export:
    """Write the order down and start its job; `by` is a user or a visitor (AnonymousUser).

    Raises NotAllowed, WrongState("too_many_exports").
    """
    require(selection.entry.may_export(by))
    owner = by if by.is_authenticated else None
    own = Export.objects.filter(requested_by=owner).underway()
    if own.count() >= (MOST_OF_A_USER if owner else MOST_OF_VISITORS):
        raise WrongState("too_many_exports", _("Đang có nhiều tệp chờ làm. Hãy đợi xong rồi yêu cầu tiếp."))
    export = Export(
        layer=selection.layer.name,
        format=shape.format,
        profile=shape.profile,
        query=selection.query(),
        columns=list(selection.columns),
        crs=selection.crs,
        personal=list(shape.personal),
        has_personal=bool(shape.personal),
        purpose=shape.purpose,
        language=get_language() or settings.LANGUAGE_CODE,
        requested_by=owner,
    )
    export.job = start_job(KIND, {"export": str(export.pk)}, by=owner)
    export.save(force_insert=True)
    return export


def make_export(job: Job) -> dict[str, Any]:
    """Job: write the file with the rights that the requester has now, keep it, tell the requester."""
    export = Export.objects.select_related("requested_by").get(pk=job.payload["export"])
    with override(export.language):
        selection = Selection.of(export)
        if not selection.entry.may_export(selection.user):
            raise NotAllowed(detail=_("Bạn không còn quyền xuất lớp này."))
        with scratch_folder() as folder:
            path = folder / f"file.{_suffix(export)}"  # GDAL goes by the ending
            written = _write(export, selection, path, job)
            _keep(export, selection, path, written)
    return {"export": str(export.pk), "row_count": export.row_count}


def _write(export: Export, selection: Selection, path: Path, job: Job) -> Written:
    def progress(percent: int) -> None:
        tell_progress(job, percent, _("Đang ghi tệp"))

    progress(0)
    format = ExportFormat(export.format)
    if not export.personal:
        return write_export(selection, format, ExportProfile(export.profile), path, progress)
    allowed = personal.fields_for(export.layer, selection.user)
    require(set(export.personal) <= set(allowed), _("Bạn không còn quyền xuất các trường cá nhân này."))
    persons = take_persons_out(
        selection.rows().order_by().values("grower_id"),
        purpose=export.purpose,
        suffix=export.format,
        filters={name: ", ".join(values) for name, values in export.query.items()},
        with_phones=personal.PersonalField.PHONE in export.personal,
        by=selection.user,
    )
    export.record = persons.record
    changed = personal.joined(export.personal, persons)
    return write_batches(personal.with_growers(selection), format, path, progress, changed)


@transaction.atomic
def _keep(export: Export, selection: Selection, path: Path, written: Written) -> None:
    now = timezone.now()
    name = f"{selection.file_stem()}.{_suffix(export)}"
    export.document = store_made(path, name=name, by=export.requested_by)
    export.row_count = written.row_count
    export.written_at = dt.datetime.fromisoformat(written.head["written_at"])
    export.expires_at = now + dt.timedelta(days=settings.EXPORT_KEEP_DAYS)
    export.save(update_fields=["document", "row_count", "written_at", "expires_at", "record"])
    if export.requested_by is not None:
        text = Sentence(
            gettext_lazy("Tệp dữ liệu “%(layer)s” đã xong, tải được đến hết ngày %(day)s."),
            {"layer": selection.layer.title, "day": f"{timezone.localtime(export.expires_at):%d/%m/%Y}"},
        )
        notify(export.requested_by, "export_ready", text, export.get_absolute_url(), once_key=f"export:{export.pk}")


def _suffix(export: Export) -> str:
    format = ExportFormat(export.format)
    if export.profile == ExportProfile.PLAIN:
        return FORMATS[format].suffix
    return f"{export.profile}.{PROFILES[ExportProfile(export.profile)].suffix(format)}"


def cancel_export(export: Export, *, by: Any) -> None:
    """Stop an export that waits or runs; nothing of it stays. Raises WrongState("job_over")."""
    if export.job is None:
        raise WrongState("job_over", _("Công việc này đã kết thúc."))
    cancel_job(export.job, by=by if by.is_authenticated and export.requested_by_id else None)


def file_of(export: Export, user: Any) -> Document | None:
    """Return the file where there is one and the user may still have what is in it; else None.

    A file with persons is held back as soon as one of them withdrew or narrowed the consent, and one with outlines as
    soon as anybody withdrew the consent to show one: it is ordered anew.
    """
    from exchange.catalogue import entry

    found = entry(export.layer)
    if found is None or not found.may_export(user) or export.document is None:
        return None
    if export.personal and not _may_still_have_persons(export, user):
        return None
    if found.layer.lasting is not None and _has_withdrawn_outlines(export):
        return None
    return export.document


def _has_withdrawn_outlines(export: Export) -> bool:
    """Whether the file may show ground whose growers agreed to that and do so no more."""
    if export.written_at is None:
        return True
    withdrawn = Consent.objects.filter(purpose=Purpose.PUBLIC_OUTLINE, withdrawn_at__gte=export.written_at - _MARGIN)
    return withdrawn.exists()


def _may_still_have_persons(export: Export, user: Any) -> bool:
    """Whether the user still has the right, and everybody in the file still agrees to what it holds of him or her."""
    if export.record is None or not set(export.personal) <= set(personal.fields_for(export.layer, user)):
        return False
    return is_still_open(export.record, user)


def drop_expired(now: dt.datetime | None = None) -> dict[str, int]:
    """Delete files whose days are over, orders without personal data that nobody needs any more, and scratch."""
    now = now or timezone.now()
    dropped = 0
    for export in Export.objects.expired(now).exclude(document__file="").select_related("document"):
        with transaction.atomic():
            erase_content(export.document)
        dropped += 1
    old = Export.objects.filter(requested_at__lt=now - FORGOTTEN_AFTER, has_personal=False)
    documents = list(old.filter(document__isnull=False).values_list("document_id", flat=True))
    forgotten, _rows = old.delete()
    Document.objects.filter(pk__in=documents, file="").delete()
    return {"files": dropped, "orders": forgotten, "scratch": _drop_scratch()}


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder for a file in the making, on the disk where files are kept; it is gone afterwards."""
    base = Path(settings.MEDIA_ROOT) / SCRATCH
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="export-", dir=base, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _drop_scratch() -> int:
    """Files of workers that were killed: nothing is in the making for a day."""
    before = time.time() - 86_400
    old = [path for path in (Path(settings.MEDIA_ROOT) / SCRATCH).glob("export-*") if path.stat().st_mtime < before]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)
