"""Products, offers and enquiries in the administration: to look, not to change; shops are data to edit."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import GeoModelAdmin, ReadOnly
from products.addresses import host_of, is_plain_host, is_within
from products.models import Enquiry, Listing, Offer, Product, ShopHost
from products.services import shop_changed


class OfferInline(ReadOnly, admin.TabularInline):
    model = Offer
    extra = 0


@admin.register(Product)
class ProductAdmin(ReadOnly, GeoModelAdmin):
    list_display = ("name_vi", "cooperative", "kind", "crop", "is_published")
    list_filter = ("kind", "is_published")
    list_select_related = ("cooperative", "crop")
    search_fields = ("search_key", "cooperative__search_key")
    inlines = (OfferInline,)


@admin.register(Enquiry)
class EnquiryAdmin(ReadOnly, admin.ModelAdmin):
    """A conversation between two others: neither the contact nor the private address is shown here."""

    list_display = ("id", "cooperative", "product", "status", "created_at")
    list_filter = ("status",)
    list_select_related = ("cooperative", "product")
    exclude = ("contact_digest", "contact_encrypted", "token")


class ShopHostForm(forms.ModelForm):
    """A host in its one written form."""

    class Meta:
        model = ShopHost
        fields = ("host", "name", "kind", "is_active", "note")

    def clean_host(self) -> str:
        host = self.cleaned_data["host"].strip().lower()
        if not is_plain_host(host):
            raise forms.ValidationError(
                _("Ghi tên miền không có https://, cổng, số IP hay chữ có dấu, ví dụ buudien.vn."), code="bad_host"
            )
        if any(not is_within(host_of(url), host) for url in self._listed()):
            raise forms.ValidationError(
                _("Đã có liên kết nằm ngoài tên miền này. Hãy tắt sàn này và thêm sàn mới."), code="listings_elsewhere"
            )
        return str(host)

    def _listed(self) -> list[str]:
        return list(self.instance.listings.values_list("url", flat=True)) if self.instance.pk else []


@admin.register(ShopHost)
class ShopHostAdmin(admin.ModelAdmin):
    """A closed shop is switched off, not deleted: its listings stay for the day it opens again."""

    form = ShopHostForm
    list_display = ("name", "host", "kind", "is_active", "note")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "host")

    def save_model(self, request: HttpRequest, obj: ShopHost, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        shop_changed(obj)


@admin.register(Listing)
class ListingAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("product", "shop", "url", "check_result", "checked_at")
    list_filter = ("shop", "check_result")
    list_select_related = ("product", "shop")
    search_fields = ("url", "product__name_vi")
