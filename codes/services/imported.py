"""An imported code finds its area: its ground, holder and version are filled once and frozen from then on."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes.changes import CodesChanged
from codes.models import CodeEvent, ProductionArea, ProductionAreaCode
from codes.permissions import can_change_code_status
from core.changes import announce
from core.errors import RuleViolated, WrongState
from core.permissions import require


@transaction.atomic
def link_code(code: ProductionAreaCode, area: ProductionArea, *, by: Any) -> ProductionAreaCode:
    """Link an imported code to an area of the same crop and holder. Once: the database refuses a second time.

    Raises NotAllowed, WrongState for a code that has an area, RuleViolated for another crop or holder.
    """
    rows = ProductionAreaCode.objects.select_for_update(of=("self",)).select_related("commune", "scheme")
    code = rows.get(pk=code.pk)
    require(can_change_code_status(by, code))
    if code.area_id == area.pk:
        return code
    if not code.is_imported or code.area_id is not None:
        raise WrongState("code_has_area", _("Mã số này đã gắn với vùng trồng của nó."))
    if area.crop_id != code.crop_id:
        raise RuleViolated("other_crop", _("Vùng trồng thuộc cây trồng khác với mã số."))
    if code.holder_id is not None and area.cooperative_id != code.holder_id:
        raise RuleViolated("other_holder", _("Vùng trồng thuộc đơn vị khác với đơn vị giữ mã."))
    code.area, code.area_version, code.boundary = area, area.version, area.boundary
    code.holder_id = area.cooperative_id
    code.save(update_fields=["area", "area_version", "boundary", "holder", "updated_at"])
    CodeEvent.objects.create(
        code=code,
        transition="link_area",
        old_status=code.status,
        new_status=code.status,
        details={"area": area.pk, "area_version": area.version},
        effective_on=timezone.localdate(),
        by=by,
    )
    announce(CodesChanged(ids=(code.pk,)))
    return code
