"""All addresses; every app brings its own pages and API."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

import maps.views.products
from core import views
from core.api.docs import ApiDocsView, ApiSchemaView

# The administration has no sign-in of its own: it would know neither the second factor nor the limit of wrong guesses.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("maps.urls")),  # first: tiles are asked for most, and each address before them is tried in vain
    path("", include("exchange.urls")),  # two prefixes only; programs walk through hundreds of pages of OGC API
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("problems/", views.problem_list, name="problems"),
    path("problems/<slug:code>", views.problem_list, name="problem"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", ApiSchemaView.as_view(), name="schema"),
    path("api/docs/", ApiDocsView.as_view(url_name="schema"), name="api-docs"),
    path("api/v1/", include("geoapp.api")),
    path("", maps.views.products.product_map, name="home"),
    path("", include("landuse.urls")),
    path("", include("products.urls")),
    path("", include("codes.urls")),
    path("", include("casework.urls")),
    path("", include("farms.urls")),
    path("", include("cooperatives.urls")),
    path("", include("office.urls")),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.permission_denied"
handler404 = "core.views.page_not_found"
handler500 = "core.views.server_error"
