"""One certificate is made at once, signed by a throw-away authority and handed in; the worker makes the others."""

from typing import Any

from codes.management.commands.sign_demo_certificate import sign_for_demo
from codes.models import CodeStatus, ProductionAreaCode


def tell_certificates(*, officer: Any) -> str:
    """Sign the certificate of the first living code. Returns a line that says which."""
    code = ProductionAreaCode.objects.filter(status=CodeStatus.ACTIVE, is_imported=False).order_by("pk").first()
    assert code is not None  # noqa: S101  (the casefiles before this act issue ninety)
    sign_for_demo(code, officer)
    return f"the signed certificate of {code.code}"
