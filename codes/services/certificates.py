"""Certificates of codes: made by a job after the commit, one version after the other; the signed file taken back in."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from codes.certificates import files, sql
from codes.certificates.content import Content, content_of
from codes.certificates.seal import make_seal
from codes.models import CodeCertificate, CodeStatus, ProductionAreaCode
from codes.permissions import can_sign_certificate
from core.errors import DomainError, Finding, RuleViolated, WrongState
from core.permissions import require
from geofiles.errors import GeoFileError
from office.models import Job, JobStatus
from office.services import start_job, store_upload, tell_progress

JOB = "codes.make_certificates"
OVER = (CodeStatus.REVOKED, CodeStatus.SUPERSEDED)
SWEEP = 500  # codes that one round of the nightly sweep looks at
SCALE_BARS_M = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


def seal_url(code: str, version: int) -> str:
    """Return the address in the QR code of a version of a code's certificate."""
    return f"{settings.PUBLIC_URL}/v/{make_seal(code, version)}"


@transaction.atomic
def make_certificate(code: ProductionAreaCode, *, by: Any = None) -> CodeCertificate:
    """Return the code's certificate as it has to be printed today; a new version only when something printed changed.

    Raises WrongState("code_over") for a revoked or replaced code, RuleViolated("no_ground") for an imported one
    whose area, holder or ground is not known. `by`: who asked for it, None for the clock and the job.
    """
    _lock(code)
    code = _rows().get(pk=code.pk)
    if code.status in OVER:
        raise WrongState("code_over", _("Mã số đã thu hồi hoặc đã thay thế: không lập giấy xác nhận mới."))
    if code.area is None or code.holder is None or code.boundary is None:
        raise RuleViolated(
            "no_ground", _("Mã số nhập từ danh sách cũ chưa có vùng trồng: chưa lập được giấy xác nhận.")
        )
    last = code.certificates.order_by("version").last()
    with override("vi"):
        content = content_of(code)
        digest = content.digest()
        if last is not None and last.content_sha256 == digest:
            return last
        version = last.version + 1 if last else 1
        pdf = _printed(content, version)
    document = store_upload(ContentFile(pdf, name=f"giay-xac-nhan-{code.code}-v{version}.pdf"), by=by)
    return CodeCertificate.objects.create(
        code=code,
        version=version,
        document=document,
        content_sha256=digest,
        made_by=by if getattr(by, "is_authenticated", False) else None,
    )


def _rows() -> Any:
    return ProductionAreaCode.objects.select_related("scheme", "market", "commune", "holder", "area", "crop")


def _lock(code: ProductionAreaCode) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK, [code.pk])


def _printed(content: Content, version: int) -> bytes:
    from codes.certificates.render import render_certificate

    corner_map = content.corner_map
    bar_metres = bar_units = 0
    columns: list[Any] = []
    if corner_map is not None:
        wanted = corner_map.unit_m * 100  # a bar of about a third of the drawing
        bar_metres = max((bar for bar in SCALE_BARS_M if bar <= wanted), default=SCALE_BARS_M[0])
        bar_units = round(bar_metres / corner_map.unit_m)
        listed = [(number, lat, lon) for number, (lat, lon, _x, _y) in enumerate(corner_map.corners, start=1)]
        half = (len(listed) + 1) // 2
        columns = [part for part in (listed[:half], listed[half:]) if part]
    return render_certificate(
        {
            "c": content,
            "version": version,
            "seal_url": seal_url(content.code, version),
            "made_on": timezone.localdate(),
            "is_demo": settings.DEMO,
            "province_short": content.province.removeprefix("Tỉnh ").removeprefix("Thành phố "),
            "bar_metres": bar_metres,
            "bar_units": bar_units,
            "corner_columns": columns,
        }
    )


# --- The job ----------------------------------------------------------------------------------------------------


def ask_for_certificates(code_ids: list[int]) -> Job | None:
    """Start the job that makes what has to be printed for these codes; it begins after the commit."""
    return start_job(JOB, {"codes": sorted(code_ids)}, by=None) if code_ids else None


def is_being_made(code: ProductionAreaCode) -> bool:
    """Whether a job that will look at this code's certificate waits or runs."""
    waiting = Job.objects.filter(status__in=(JobStatus.QUEUED, JobStatus.RUNNING), kind=JOB)
    return waiting.filter(payload__codes__contains=[code.pk]).exists()


def make_certificates(job: Job) -> dict[str, Any]:
    """Job: make the certificates of `payload["codes"]`, each in a transaction of its own; codes without ground pass.

    Without `codes` (by the clock): of the codes that have none, so that a job that failed is made up for.
    """
    ids = job.payload.get("codes")
    codes = _rows().filter(pk__in=ids) if ids is not None else _without_certificate()
    made, failed, total = 0, 0, len(codes)
    for number, code in enumerate(codes):
        tell_progress(job, number * 100 // max(total, 1), code.code)
        try:
            before = code.certificates.count()
            made += make_certificate(code).version > before
        except DomainError:
            failed += 1
    return {"codes": total, "made": made, "passed": failed}


def _without_certificate() -> Any:
    rows = _rows().exclude(status__in=OVER)
    return rows.filter(certificates=None, area__isnull=False, holder__isnull=False, boundary__isnull=False)[:SWEEP]


# --- The signed file --------------------------------------------------------------------------------------------

_REFUSALS = {
    "not_this_document": _(
        "Tệp không bắt đầu bằng đúng bản do hệ thống lập (phiên bản %(version)s). Hãy ký chính tệp đã tải."
    ),
    "not_signed": _("Tệp chưa có chữ ký số."),
    "signer_not_trusted": _("Chứng thư của người ký không thuộc nơi cấp nào được quản trị viên khai báo tin cậy."),
}


def store_signed(certificate: CodeCertificate, upload: File, *, by: Any) -> CodeCertificate:
    """Take the signed file of a certificate back in: it must be our very document, and only signed since.

    The result of the check is stored with it: signers, times, trust and revocation ("not_checked" where the operator
    supplied nothing to judge by). Once stored it stays. Raises NotAllowed, WrongState("already_signed"),
    RuleViolated("signed_file") with the reason as finding, FileTooLarge.
    """
    code = ProductionAreaCode.objects.select_related("commune", "scheme").get(pk=certificate.code_id)
    require(can_sign_certificate(by, code))
    report = _examined(certificate, upload)
    with transaction.atomic():
        _lock(code)
        certificate = CodeCertificate.objects.select_related("document").get(pk=certificate.pk)
        if certificate.signed_document_id is not None:
            raise WrongState("already_signed", _("Phiên bản này đã có bản ký."))
        upload.name = f"giay-xac-nhan-{code.code}-v{certificate.version}-da-ky.pdf"
        certificate.signed_document = store_upload(upload, by=by, max_bytes=files.MAX_BYTES)
        certificate.signature = report
        certificate.signed_at = parse_datetime(report["signatures"][-1]["signed_at"] or "") or timezone.now()
        certificate.uploaded_by = by
        certificate.save(update_fields=["signed_document", "signature", "signed_at", "uploaded_by"])
    return certificate


def _examined(certificate: CodeCertificate, upload: File) -> dict[str, Any]:
    original = certificate.document
    upload.seek(0)
    start = hashlib.sha256(upload.read(original.size)).hexdigest()
    if start != original.sha256:
        raise _refused("not_this_document", _REFUSALS["not_this_document"] % {"version": certificate.version})
    if upload.size == original.size:
        raise _refused("not_signed", _REFUSALS["not_signed"])
    with tempfile.NamedTemporaryFile(suffix=".pdf") as copy:
        upload.seek(0)
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        try:
            report = files.examine_signatures(Path(copy.name), original.size)
        except GeoFileError as error:
            raise _refused("damaged", files.REASONS["damaged"]) from error
    upload.seek(0)
    fault = files.fault_of(report)
    if fault:
        raise _refused(fault, files.REASONS[fault])
    has_roots = bool(files.trust.evidence().roots)
    if has_roots and not all(one["is_trusted"] for one in report["signatures"]):
        raise _refused("signer_not_trusted", _REFUSALS["signer_not_trusted"])
    return report | {"trust": "checked" if has_roots else "not_checked", "checked_at": timezone.now().isoformat()}


def _refused(code: str, text: Any) -> RuleViolated:
    return RuleViolated("signed_file", _("Không nhận tệp đã ký."), findings=[Finding(code, text, "/file")])
