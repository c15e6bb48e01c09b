"""Products, offers and enquiries in the administration: to look, not to change; every act goes through a service."""

from django.contrib import admin

from core.admin import GeoModelAdmin, ReadOnly
from products.models import Enquiry, Offer, Product


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
