"""Products, offers and enquiries in the administration; acts go through the services."""

from django.contrib import admin

from core.admin import GeoModelAdmin
from products.models import Enquiry, Offer, Product


class OfferInline(admin.TabularInline):
    model = Offer
    extra = 0


@admin.register(Product)
class ProductAdmin(GeoModelAdmin):
    list_display = ("name_vi", "cooperative", "kind", "crop", "is_published")
    list_filter = ("kind", "is_published")
    search_fields = ("search_key", "cooperative__search_key")
    raw_id_fields = ("cooperative", "area", "commune")
    inlines = (OfferInline,)


@admin.register(Enquiry)
class EnquiryAdmin(admin.ModelAdmin):
    """Read only: a conversation between two others. The contact is not shown here either."""

    list_display = ("id", "cooperative", "product", "status", "created_at")
    list_filter = ("status",)
    readonly_fields = [field.name for field in Enquiry._meta.fields if field.name != "contact_encrypted"]
    exclude = ("contact_digest", "token")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
