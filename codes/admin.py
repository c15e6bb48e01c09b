"""Administration of markets and regimes with their dated rows; areas and codes are shown, acts go through services."""

from string import Formatter
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _

from codes.models import (
    ChecklistItem,
    CodeCounter,
    CodeEvent,
    CodeScheme,
    Market,
    MarketApproval,
    ProductionArea,
    ProductionAreaCode,
    Reason,
    RequiredDocument,
    SchemeRule,
    StepDeadline,
)
from core.admin import GeoModelAdmin, ReadOnly, WithRowHistory

PARTS = frozenset({"letters", "province", "commune", "crop", "market", "year", "serial"})


@admin.register(Market)
class MarketAdmin(admin.ModelAdmin):
    list_display = ("code", "name_vi", "name_en", "position")
    search_fields = ("code", "name_vi", "name_en")


class SchemeForm(forms.ModelForm):
    """Refuses a pattern that could not be printed, and a counter that would give one code twice."""

    def clean_pattern(self) -> str:
        """Accept known parts in plain braces only."""
        pattern = self.cleaned_data["pattern"]
        try:
            parts = [part for part in Formatter().parse(pattern) if part[1] is not None]
        except ValueError as error:
            raise forms.ValidationError(_("Mẫu mã số viết sai dấu ngoặc nhọn.")) from error
        unknown = sorted({name for _text, name, _format, _conversion in parts if name} - PARTS)
        if unknown or any(not name or form or way for _text, name, form, way in parts):
            raise forms.ValidationError(
                _("Mẫu chỉ dùng các phần: %(parts)s.") % {"parts": ", ".join(f"{{{name}}}" for name in sorted(PARTS))}
            )
        return pattern

    def clean_fixed_parts(self) -> dict[str, str]:
        """Accept an object of known parts and short texts of letters and digits."""
        fixed = self.cleaned_data["fixed_parts"] or {}
        is_right = isinstance(fixed, dict) and all(
            name in PARTS - {"serial"} and isinstance(text, str) and text.isascii() and text.isalnum()
            for name, text in fixed.items()
        )
        if not is_right:
            raise forms.ValidationError(_('Viết dạng {"letters": "DT"}: tên phần và chữ, số không dấu.'))
        return fixed

    def clean(self) -> dict[str, Any]:
        """Numbers count within parts that the code prints, else two counters would give the same code."""
        data = super().clean() or {}
        scope = data.get("counter_scope")
        if scope is None or "pattern" not in data:
            return data
        if not isinstance(scope, list) or any(name not in PARTS - {"serial"} for name in scope):
            self.add_error("counter_scope", _('Viết danh sách tên phần, ví dụ ["province", "crop"].'))
            return data
        printed = {name for _text, name, _format, _conversion in Formatter().parse(data["pattern"]) if name}
        lost = sorted(set(scope) - printed)
        if lost:
            self.add_error(
                "counter_scope", _("Mẫu mã số phải in các phần đếm: thiếu %(parts)s.") % {"parts": ", ".join(lost)}
            )
        return data


class SchemeRuleInline(admin.TabularInline):
    model = SchemeRule
    extra = 0
    show_change_link = True


class StepDeadlineInline(admin.TabularInline):
    model = StepDeadline
    extra = 0


class ChecklistInline(admin.TabularInline):
    model = ChecklistItem
    extra = 0


class RequiredDocumentInline(admin.TabularInline):
    model = RequiredDocument
    extra = 0


class ReasonInline(admin.StackedInline):
    """Reasons of this scheme alone; those for all schemes have a page of their own."""

    model = Reason
    extra = 0


@admin.register(CodeScheme)
class CodeSchemeAdmin(WithRowHistory, admin.ModelAdmin):
    """Schemes are data: an administrator corrects pattern, rules, terms and dates, and confirms them here."""

    form = SchemeForm
    list_display = (
        "name",
        "pattern",
        "province",
        "is_market_bound",
        "is_domestic",
        "is_confirmed",
        "confidence",
        "valid_from",
        "valid_to",
    )
    list_filter = ("is_confirmed", "confidence", "is_domestic")
    list_select_related = ("province",)
    search_fields = ("name", "slug", "legal_ref")
    raw_id_fields = ("province",)
    inlines = (SchemeRuleInline, StepDeadlineInline, ChecklistInline, RequiredDocumentInline, ReasonInline)
    history_of_rows = (
        (SchemeRule, "scheme"),
        (StepDeadline, "scheme"),
        (ChecklistItem, "scheme"),
        (RequiredDocument, "scheme"),
        (Reason, "scheme"),
    )


@admin.register(SchemeRule)
class SchemeRuleAdmin(WithRowHistory, admin.ModelAdmin):
    """One rule with its own history, and rules of all schemes side by side."""

    list_display = ("scheme", "kind", "crop", "market", "threshold", "severity", "valid_from", "valid_to")
    list_filter = ("scheme", "kind", "severity")
    list_select_related = ("scheme", "crop", "market")


@admin.register(Reason)
class ReasonAdmin(WithRowHistory, admin.ModelAdmin):
    """Reasons and the texts that officers start from; without a scheme they hold for all."""

    list_display = ("use", "slug", "text_vi", "scheme", "valid_from", "valid_to")
    list_filter = ("use", "scheme")
    list_select_related = ("scheme",)
    search_fields = ("slug", "text_vi", "canned_text")


@admin.register(CodeCounter)
class CodeCounterAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("scheme", "scope", "last")
    list_select_related = ("scheme",)


@admin.register(ProductionArea)
class ProductionAreaAdmin(ReadOnly, GeoModelAdmin):
    list_display = ("name", "cooperative", "crop", "commune", "grower_count", "is_outline_public", "is_active")
    list_filter = ("crop", "is_active", "is_outline_public")
    list_select_related = ("cooperative", "crop", "commune")
    search_fields = ("name", "search_key", "cooperative__name")


class ApprovalInline(ReadOnly, admin.TabularInline):
    model = MarketApproval
    fields = ("market", "status", "document_number", "decided_on")


class EventInline(ReadOnly, admin.TabularInline):
    model = CodeEvent
    fields = ("at", "transition", "market", "new_status", "document_number", "effective_on", "reason", "by")
    readonly_fields = fields


@admin.register(ProductionAreaCode)
class ProductionAreaCodeAdmin(ReadOnly, GeoModelAdmin):
    """Status and code are read-only here: every act on a code goes through a service and leaves an event."""

    list_display = ("code", "status", "market", "area_name", "holder_name", "issued_on", "valid_until")
    list_filter = ("status", "scheme", "market")
    list_select_related = ("market",)
    search_fields = ("code", "area_name", "holder_name")
    inlines = (ApprovalInline, EventInline)
