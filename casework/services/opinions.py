"""Another office is asked about a request by a link of its own.

The link is stored nowhere: the worker makes the token when it sends the mail and keeps only its digest. A repeated
delivery makes a new link and the earlier one dies, so that the last mail is the one that opens.
"""

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import notifications
from casework.deadlines import due_on
from casework.models import FINAL_STATUSES, CodeRequest, Opinion, OpinionVerdict, RequestStatus
from casework.permissions import can_examine_request
from casework.services.moving import locked
from codes.models import DeadlineStep
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from office.services import queue

ASKABLE = (RequestStatus.IN_REVIEW, RequestStatus.INSPECTION)
MAX_WAITING = 20
TOKEN_BYTES = 16  # 128 random bits


def digest_of_token(token: str) -> str:
    """Return what is stored of a token. Unsalted SHA-256 is enough: 128 random bits cannot be guessed from it."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def ask_opinion(code_request: CodeRequest, *, office: str, email: str, question: str, by: Any) -> Opinion:
    """Ask an office about a request that is being examined; the link goes out by mail after the commit.

    The answer is due by the scheme's term for opinions. The same question to the same address that still waits is
    returned, not asked again. Raises NotAllowed, WrongState, RuleViolated("deadline_missing", "too_many_opinions").
    """
    code_request = locked(code_request)
    require(can_examine_request(by, code_request))
    _check_askable(code_request)
    if not question.strip() or not office.strip():
        raise RuleViolated(
            "invalid", findings=[Finding("question_missing", _("Hãy ghi cơ quan và nội dung hỏi."), "/question")]
        )
    waiting = code_request.opinions.waiting()
    same = waiting.filter(email__iexact=email, question=question).first()
    if same is not None:
        return same
    if waiting.count() >= MAX_WAITING:
        raise RuleViolated("too_many_opinions", _("Hồ sơ đang chờ quá nhiều ý kiến."))
    opinion = Opinion.objects.create(
        code_request=code_request,
        office=office,
        email=email,
        question=question,
        token_digest=digest_of_token(secrets.token_urlsafe(TOKEN_BYTES)),  # opens nothing: nobody ever saw the token
        due_on=_due_on(code_request),
        asked_by=by,
    )
    queue("casework.opinion_mail", {"opinion": opinion.pk})
    return opinion


@transaction.atomic
def resend_opinion(opinion: Opinion, *, by: Any) -> Opinion:
    """Send a new link with a new term; the earlier link stops to open. Raises NotAllowed, WrongState."""
    code_request = locked(opinion.code_request)
    require(can_examine_request(by, code_request))
    _check_askable(code_request)
    opinion = _waiting(opinion)
    opinion.due_on = _due_on(code_request)
    opinion.token_digest = digest_of_token(secrets.token_urlsafe(TOKEN_BYTES))
    opinion.save(update_fields=["due_on", "token_digest"])
    queue("casework.opinion_mail", {"opinion": opinion.pk})
    return opinion


@transaction.atomic
def revoke_opinion(opinion: Opinion, *, by: Any) -> Opinion:
    """Take the question back; its link stops to open. A second time nothing happens. Raises NotAllowed, WrongState."""
    require(can_examine_request(by, opinion.code_request))
    opinion = Opinion.objects.select_for_update(of=("self",)).get(pk=opinion.pk)
    if opinion.revoked_at is None:
        opinion = _waiting(opinion)
        opinion.revoked_by, opinion.revoked_at = by, timezone.now()
        opinion.save(update_fields=["revoked_by", "revoked_at"])
    return opinion


@transaction.atomic
def answer_opinion(opinion: Opinion, *, verdict: str, answer: str, today: dt.date | None = None) -> Opinion:
    """Store the one answer of the office that was asked; whoever has the link speaks for it.

    The same answer sent twice is one. Raises WrongState("opinion_closed", "opinion_answered"), RuleViolated.
    """
    opinion = Opinion.objects.select_for_update(of=("self",)).select_related("code_request__area").get(pk=opinion.pk)
    if verdict not in OpinionVerdict.values:
        raise RuleViolated("invalid", findings=[Finding("unknown_verdict", _("Hãy chọn ý kiến."), "/verdict")])
    if verdict != OpinionVerdict.AGREE and not answer.strip():
        raise RuleViolated("invalid", findings=[Finding("answer_missing", _("Hãy ghi nội dung ý kiến."), "/answer")])
    if opinion.answered_at is not None:
        if (opinion.verdict, opinion.answer.strip()) == (verdict, answer.strip()):
            return opinion
        raise WrongState("opinion_answered", _("Cơ quan đã trả lời; câu trả lời không sửa được nữa."))
    if not is_open(opinion, today):
        raise WrongState("opinion_closed", _("Liên kết này không còn dùng được."))
    opinion.verdict, opinion.answer, opinion.answered_at = verdict, answer, timezone.now()
    opinion.save(update_fields=["verdict", "answer", "answered_at"])
    notifications.opinion_answered(opinion)
    return opinion


def is_open(opinion: Opinion, today: dt.date | None = None) -> bool:
    """Whether the link opens: not taken back, its last day not over, the request not decided."""
    is_in_time = opinion.due_on >= (today or timezone.localdate())
    return opinion.revoked_at is None and is_in_time and opinion.code_request.status not in FINAL_STATUSES


def opinion_of(token: str) -> Opinion | None:
    """Return the opinion that a token opens or once opened."""
    rows = Opinion.objects.select_related(
        "code_request__area__crop",
        "code_request__area__variety",
        "code_request__area__cooperative",
        "code_request__commune",
        "code_request__scheme",
    )
    return rows.filter(token_digest=digest_of_token(token)).first()


def deliver_opinion_mail(payload: dict[str, Any]) -> None:
    """Make the link and mail it. Called by the outbox in a transaction: a failed mail leaves the digest as it was."""
    opinion = (
        Opinion.objects.select_for_update(of=("self",))
        .select_related("code_request__area", "code_request__commune")
        .filter(pk=payload["opinion"])
        .first()
    )
    if opinion is None or opinion.answered_at is not None or not is_open(opinion):
        return
    token = secrets.token_urlsafe(TOKEN_BYTES)
    opinion.token_digest = digest_of_token(token)
    opinion.save(update_fields=["token_digest"])
    subject, text, sender = notifications.opinion_letter(opinion, token)
    send_mail(subject, text, sender, [opinion.email])


def _due_on(code_request: CodeRequest) -> dt.date:
    start = timezone.localdate()
    return due_on(code_request.scheme, DeadlineStep.OPINION, start=start, unit=code_request.commune)


def _check_askable(code_request: CodeRequest) -> None:
    if code_request.status not in ASKABLE:
        raise WrongState(detail=_("Chỉ hỏi ý kiến khi hồ sơ đang được thẩm định hoặc kiểm tra thực địa."))


def _waiting(opinion: Opinion) -> Opinion:
    opinion = Opinion.objects.select_for_update(of=("self",)).get(pk=opinion.pk)
    if opinion.answered_at is not None or opinion.revoked_at is not None:
        raise WrongState("opinion_closed", _("Câu hỏi này đã được trả lời hoặc đã thu hồi."))
    return opinion
