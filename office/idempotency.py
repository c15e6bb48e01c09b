"""The same write sent twice is done once: `Idempotency-Key` of the API, hidden key of a form."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.errors import BadInput, Finding, RuleViolated
from office.models import IdempotencyKey

_KEY = re.compile(r"[\x21-\x7e]{1,80}", re.ASCII)
_KEPT_HEADERS = ("Content-Type", "ETag", "Location", "Cache-Control")


def digest_of(body: Any) -> str:
    """Return the SHA-256 (hex) of bytes, or of anything JSON-able in one spelling."""
    raw = body if isinstance(body, bytes) else json.dumps(body, sort_keys=True, default=str).encode()
    return hashlib.sha256(raw).hexdigest()


def once(
    key: str, *, user: Any, purpose: str, body: Any, work: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Return (answer, is_new): `work()` the first time, the kept answer (JSON) when the same comes again.

    Runs in one transaction with `work`: what fails is forgotten and may be tried again. A second call that comes
    while the first runs waits for it. Raises BadInput for a key that is no key, RuleViolated
    ("idempotency_key_reused") for the same key with another body.
    """
    with transaction.atomic():
        row = _claim(key, user, purpose, body)
        if row.status:
            return row.answer, False
        row.answer, row.status = work(), 200
        row.save(update_fields=["answer", "status"])
        return row.answer, True


def _claim(key: str, user: Any, purpose: str, body: Any) -> IdempotencyKey:
    """Return the row of this key, locked: new, or that of an earlier call (`status` set). Raises as `once`."""
    if not _KEY.fullmatch(key):
        detail = _("Idempotency-Key phải có 1 đến 80 ký tự ASCII nhìn thấy được.")
        raise BadInput("idempotency_key", findings=[Finding("idempotency_key", detail)])
    owner, digest = (user if user is not None and user.is_authenticated else None), digest_of(body)
    # ON CONFLICT waits for a running first call to end, so both cannot believe they are the first.
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(key=key, user=owner, purpose=purpose, body_sha256=digest)], ignore_conflicts=True
    )
    row = IdempotencyKey.objects.select_for_update(of=("self",)).get(key=key, user=owner, purpose=purpose)
    if row.body_sha256 != digest:
        raise RuleViolated("idempotency_key_reused", _("Khóa này đã dùng cho một nội dung khác."))
    return row


def answer_once(request: HttpRequest, *, purpose: str, body: Any, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer an API write by `work()`; with the header Idempotency-Key a repeat gets the first answer again."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return work()

    def keep() -> dict[str, Any]:
        response = work()
        headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
        return {"status": response.status_code, "body": response.content.decode(), "headers": headers}

    answer, is_new = once(key, user=request.user, purpose=purpose, body=body, work=keep)
    response = HttpResponse(answer["body"].encode(), status=answer["status"], headers=answer["headers"])
    if not is_new:
        response["Idempotency-Replayed"] = "true"
    return response


def step_once(
    request: HttpRequest,
    *,
    purpose: str,
    body: Any,
    work: Callable[[], object],
    answer: Callable[[], HttpResponse],
) -> HttpResponse:
    """Do a step of a workflow by `work()`, once per Idempotency-Key, then answer by `answer()`, after the commit.

    Unlike `answer_once` the key is complete before the work ends and the answer tells how things stand now: nothing
    is read or written between the last statement of the work (the counter of codes) and the commit.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        work()
        return answer()
    is_new = _work_once(key, user=request.user, purpose=purpose, body=body, work=work)
    response = answer()
    if not is_new:
        response["Idempotency-Replayed"] = "true"
    return response


@transaction.atomic
def _work_once(key: str, *, user: Any, purpose: str, body: Any, work: Callable[[], object]) -> bool:
    row = _claim(key, user, purpose, body)
    if row.status:
        return False
    IdempotencyKey.objects.filter(pk=row.pk).update(status=200)
    work()
    return True
