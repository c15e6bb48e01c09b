"""Administration of accounts: users, and the posts that give them their rights."""

from typing import Any

from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficerPost, User

admin.site.unregister(Group)  # rights come from posts and memberships alone
admin.site.unregister(Authenticator)  # its own page shows the secret, and lets it be changed


class OfficerPostInline(admin.TabularInline):
    """Posts of one user. One that is over keeps its row: who held which post on a day must stay answerable."""

    model = OfficerPost
    extra = 0
    raw_id_fields = ("unit",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Accounts are disabled, never deleted: their acts stay theirs."""

    list_display = ("username", "full_name", "is_active", "is_staff", "must_use_mfa", "last_login")
    list_filter = ("is_active", "is_staff", "must_use_mfa", "posts__role")
    search_fields = ("username", "full_name", "email")
    inlines = (OfficerPostInline,)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Người dùng"), {"fields": ("full_name", "email", "phone")}),
        (_("Quyền"), {"fields": ("is_active", "is_staff", "is_superuser", "must_use_mfa")}),
        (_("Thời điểm"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "full_name", "email", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Staff who are no superusers must not make themselves one.
        guarded = () if request.user.is_superuser else ("is_superuser", "is_staff", "must_use_mfa")
        return (*super().get_readonly_fields(request, obj), *guarded)


@admin.register(OfficerPost)
class OfficerPostAdmin(admin.ModelAdmin):
    """Who holds which role where, from when to when."""

    list_display = ("user", "role", "unit", "title", "valid_from", "valid_to")
    list_filter = ("role",)
    list_select_related = ("user", "unit")
    raw_id_fields = ("user", "unit")
    search_fields = ("user__username", "user__full_name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Authenticator)
class SecondFactorAdmin(AuthenticatorAdmin):
    """Who has which second factor. One is taken away when a telephone is lost; its secret is nobody else's to see,
    or an administrator could sign in, issue and revoke in an officer's name.
    """

    fields = ("user", "type", "created_at", "last_used_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
