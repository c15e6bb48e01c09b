"""How a form shows what a service refused."""

from collections.abc import Callable
from typing import Any

from django.forms import Form

from core.errors import DomainError, NotAllowed
from core.views import error_lines


def saved(form: Form, save: Callable[[], Any], *, field: str | None = None) -> Any:
    """Return what `save` stored; None with the errors in the form, those without a field of their own at `field`.

    NotAllowed goes on: it is not about what was typed.
    """
    try:
        return save()
    except NotAllowed:
        raise
    except DomainError as error:
        add_errors(form, error, field=field)
        return None


def add_errors(form: Form, error: DomainError, *, field: str | None = None) -> None:
    """Put each finding beside the field that its pointer names, else at `field`; without findings, the error itself."""
    for finding in error.findings:
        name = finding.pointer.strip("/")
        form.add_error(name if name in form.fields else field, str(finding.message))
    if not error.findings:
        for line in error_lines(error):
            form.add_error(field, line)
