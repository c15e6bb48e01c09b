"""Administration of persons: to look, not to change, and never a whole number (Law 91/2025/QH15)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnly
from core.text import fold
from people.models import Consent, Person

HIDDEN = "•••• "


class ConsentInline(ReadOnly, admin.TabularInline):
    """What the person agreed to, and what was withdrawn."""

    model = Consent
    extra = 0


@admin.register(Person)
class PersonAdmin(ReadOnly, admin.ModelAdmin):
    """Persons by name. Of a phone or id number only the last three digits are shown."""

    list_display = ("full_name", "birth_year", "created_at")
    search_fields = ("search_key",)
    fields = ("full_name", "birth_year", "sex", "address", "phone_end", "id_number_end", "created_at")
    readonly_fields = ("phone_end", "id_number_end", "created_at")
    inlines = (ConsentInline,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, fold(search_term))

    @admin.display(description=_("điện thoại"))
    def phone_end(self, person: Person) -> str:
        return HIDDEN + person.phone[-3:] if person.phone_encrypted else "-"

    @admin.display(description=_("giấy tờ"))
    def id_number_end(self, person: Person) -> str:
        return HIDDEN + person.id_number_last3 if person.id_number_last3 else "-"
