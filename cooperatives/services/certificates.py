"""Certificates: a holder declares them with the paper, an officer of the place checks them against it."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives import notifications
from cooperatives.changes import CooperativesChanged
from cooperatives.models import (
    Certificate,
    CertificateEvent,
    CertificateKind,
    CertificateStep,
    Cooperative,
)
from cooperatives.permissions import can_check_certificate, can_edit_for_cooperative
from cooperatives.workflow import CERTIFICATE_TRANSITIONS
from core.changes import announce
from core.errors import Finding, RuleViolated, WrongState
from core.filetypes import JPEG, PDF, PNG, WEBP, file_type_of, has_ending_of
from core.permissions import require
from core.text import clean_line, clean_lines
from core.workflow import next_status
from crops.models import Crop
from office.models import Document
from office.services import store_upload

MAX_FILE_BYTES = 10 * 1024**2
FILE_TYPES = (PDF, JPEG, PNG, WEBP)
MAX_CERTIFICATES = 60  # in use, of one holder
# The longest validity that the law gives, in months: OCOP QĐ 148/QĐ-TTg (2023) with QĐ 1489/QĐ-TTg (2025), organic
# Decree 109/2018/NĐ-CP art. 18 (docs/domain.md). Terms of which we have no text are not checked.
MAX_MONTHS = {CertificateKind.OCOP: 36, CertificateKind.ORGANIC: 24}


@transaction.atomic
def declare_certificate(
    cooperative: Cooperative,
    *,
    kind: str,
    number: str,
    issuer: str,
    issued_on: dt.date,
    valid_until: dt.date,
    crop: Crop | None = None,
    stars: int | None = None,
    area_ha: Decimal | None = None,
    file: File | None = None,
    by: Any,
) -> Certificate:
    """Declare a certificate; shown as declared until an officer has checked it against `file` (PDF or photo).

    Raises NotAllowed; RuleViolated with findings per field: `not_issued_yet`, `bad_dates`, `too_long` (beyond
    MAX_MONTHS), `stars_missing`, `certificate_known`, `too_many_certificates`, `unknown_file_type`; FileTooLarge.
    """
    require(can_edit_for_cooperative(by, cooperative))
    Cooperative.objects.select_for_update(of=("self",), no_key=True).get(pk=cooperative.pk)
    number, issuer = clean_line(number), clean_line(issuer)
    stars = stars if kind == CertificateKind.OCOP else None
    findings = [*_wrong_dates(kind, issued_on, valid_until), *_wrong_facts(cooperative, kind, number, stars)]
    if findings:
        raise RuleViolated(findings=findings)
    certificate = Certificate.objects.create(
        cooperative=cooperative,
        kind=kind,
        number=number,
        issuer=issuer,
        issued_on=issued_on,
        valid_until=valid_until,
        crop=crop,
        stars=stars,
        area_ha=area_ha,
        document=_stored(file, by) if file is not None else None,
    )
    _note(certificate, CertificateStep.DECLARE, by)
    if certificate.document_id is not None:
        notifications.certificate_waits(certificate)
    return certificate


@transaction.atomic
def attach_file(certificate: Certificate, *, file: File, by: Any) -> Certificate:
    """Give the certificate its paper, or another one; what was checked before has to be checked again.

    Raises NotAllowed, WrongState after its end, RuleViolated `unknown_file_type`, FileTooLarge.
    """
    certificate = _locked(certificate)
    require(can_edit_for_cooperative(by, certificate.cooperative))
    _require_in_use(certificate)
    certificate.document = _stored(file, by)
    _move(certificate, CertificateStep.FILE, checked_by=None)
    _note(certificate, CertificateStep.FILE, by)
    notifications.certificate_waits(certificate)
    return certificate


@transaction.atomic
def end_certificate(certificate: Certificate, *, note: str = "", by: Any) -> Certificate:
    """Take the certificate out of use from today (withdrawn by its issuer, entered wrongly); it stays on record."""
    certificate = _locked(certificate)
    require(can_edit_for_cooperative(by, certificate.cooperative))
    _require_in_use(certificate)
    certificate.ended_on = timezone.localdate()
    certificate.save(update_fields=["ended_on"])
    _note(certificate, CertificateStep.END, by, clean_lines(note))
    return certificate


@transaction.atomic
def check_certificate(certificate: Certificate, *, note: str = "", by: Any) -> Certificate:
    """Confirm that the paper says what was declared.

    Raises NotAllowed, WrongState (checked already, ended, expired), RuleViolated `file_missing`.
    """
    certificate = _locked(certificate)
    require(can_check_certificate(by, certificate.cooperative))
    _require_in_use(certificate)
    if certificate.document_id is None:
        raise RuleViolated("file_missing", _("Chưa có tệp giấy chứng nhận để đối chiếu. Hãy đề nghị đơn vị gửi tệp."))
    if certificate.is_expired(timezone.localdate()):
        raise WrongState("certificate_expired", _("Chứng nhận đã hết hạn nên không còn gì để xác nhận."))
    _move(certificate, CertificateStep.CHECK, checked_by=by)
    _note(certificate, CertificateStep.CHECK, by, clean_lines(note))
    notifications.certificate_decided(certificate, CertificateStep.CHECK, note)
    return certificate


@transaction.atomic
def refuse_certificate(certificate: Certificate, *, reason: str, by: Any) -> Certificate:
    """Say that the paper does not bear out what was declared: the public no longer sees the certificate.

    Raises NotAllowed, WrongState, RuleViolated `reason_missing`.
    """
    certificate = _locked(certificate)
    require(can_check_certificate(by, certificate.cooperative))
    _require_in_use(certificate)
    reason = clean_lines(reason)
    if not reason:
        finding = Finding("reason_missing", _("Hãy ghi lý do để đơn vị biết cần sửa gì."), "/reason")
        raise RuleViolated("reason_missing", finding.message, findings=[finding])
    _move(certificate, CertificateStep.REFUSE, checked_by=by)
    _note(certificate, CertificateStep.REFUSE, by, reason)
    notifications.certificate_decided(certificate, CertificateStep.REFUSE, reason)
    return certificate


def _locked(certificate: Certificate) -> Certificate:
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("cooperative__commune")
    return rows.defer("cooperative__commune__boundary", "cooperative__commune__boundary_3857").get(pk=certificate.pk)


def _move(certificate: Certificate, step: CertificateStep, *, checked_by: Any) -> None:
    certificate.check_status = next_status(CERTIFICATE_TRANSITIONS, step, certificate.check_status)
    certificate.checked_by = checked_by
    certificate.checked_at = timezone.now() if checked_by is not None else None
    certificate.save(update_fields=["check_status", "checked_by", "checked_at", "document"])


def _note(certificate: Certificate, step: CertificateStep, by: Any, note: str = "") -> None:
    CertificateEvent.objects.create(certificate=certificate, step=step, document=certificate.document, by=by, note=note)
    announce(CooperativesChanged(cooperatives=Cooperative.objects.filter(pk=certificate.cooperative_id)))


def _require_in_use(certificate: Certificate) -> None:
    if certificate.ended_on is not None:
        raise WrongState("certificate_ended", _("Chứng nhận này đã ngừng dùng."))


def _wrong_dates(kind: str, issued_on: dt.date, valid_until: dt.date) -> Iterator[Finding]:
    if issued_on > timezone.localdate():
        yield Finding("not_issued_yet", _("Ngày cấp không thể ở sau hôm nay."), "/issued_on")
    if valid_until < issued_on:
        yield Finding("bad_dates", _("Ngày hết hạn phải từ ngày cấp trở đi."), "/valid_until")
    months = MAX_MONTHS.get(CertificateKind(kind))
    if months is not None and valid_until > _months_later(issued_on, months):
        text = _("Loại chứng nhận này có giá trị nhiều nhất %(months)s tháng từ ngày cấp. Hãy xem lại hai ngày.")
        yield Finding("too_long", text % {"months": months}, "/valid_until")


def _months_later(day: dt.date, months: int) -> dt.date:
    """The same day of the month later; 29 February becomes 1 March, since a term in years ends with that day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        return dt.date(year, month + 1, 28) + dt.timedelta(days=1)


def _wrong_facts(cooperative: Cooperative, kind: str, number: str, stars: int | None) -> Iterator[Finding]:
    if kind == CertificateKind.OCOP and stars not in (3, 4, 5):
        yield Finding("stars_missing", _("Sản phẩm OCOP phải có 3, 4 hoặc 5 sao."), "/stars")
    own = Certificate.objects.filter(cooperative=cooperative, ended_on=None)
    if own.filter(kind=kind, number=number).exists():
        yield Finding("certificate_known", _("Đơn vị đã khai chứng nhận mang số này."), "/number")
    if own.count() >= MAX_CERTIFICATES:
        text = _("Mỗi đơn vị khai nhiều nhất %(limit)s chứng nhận đang dùng.") % {"limit": MAX_CERTIFICATES}
        yield Finding("too_many_certificates", text, "/kind")


def _stored(file: File, by: Any) -> Document:
    head = file.read(MAX_FILE_BYTES + 1)
    file.seek(0)
    kind = file_type_of(head)
    if kind not in FILE_TYPES or not has_ending_of(file.name or "", kind):
        finding = Finding("unknown_file_type", _("Giấy chứng nhận phải là tệp PDF hoặc ảnh JPEG, PNG, WebP."), "/file")
        raise RuleViolated("unknown_file_type", finding.message, findings=[finding])
    return store_upload(file, by=by, max_bytes=MAX_FILE_BYTES)
