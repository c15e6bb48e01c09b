"""`{% load file_notices %}`: what the reader of a file did, as sentences."""

from typing import Any

from django import template

from farms.file_notices import notice_lines

register = template.Library()


@register.inclusion_tag("farms/_file_notices.html")
def file_notices(plot_import: Any) -> dict[str, Any]:
    """Show the notices that the reading of an import left in its `summary`; nothing when there are none."""
    return {"lines": notice_lines((plot_import.summary or {}).get("told") or [])}
