"""The roles an office gives; what each may do is declared by every app's `permissions.GRANTS`."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """Roles held at an administrative unit and all units below it."""

    OFFICER = "officer", _("Cán bộ nông nghiệp")
    PLANNER = "planner", _("Cán bộ quy hoạch")
    ADMINISTRATOR = "administrator", _("Quản trị viên")
    AUDITOR = "auditor", _("Thanh tra, kiểm toán")  # reads codes, files and their history; changes nothing
