"""Pages of areas and codes."""

from django.urls import path

from codes.views import areas, check, office

app_name = "codes"
urlpatterns = [
    path("v/", check.check_form, name="check-form"),
    path("v/<path:code>/", check.check, name="check"),
    path("v/<path:code>", check.check, name="check-short"),
    path("coop/areas/", areas.area_list, name="area-list"),
    path("coop/areas/new/", areas.area_new, name="area-new"),
    path("coop/areas/<int:pk>/", areas.area_detail, name="area-detail"),
    path("coop/areas/<int:pk>/change/", areas.area_change, name="area-change"),
    path("coop/areas/<int:pk>/redraw/", areas.area_redraw, name="area-redraw"),
    path("desk/codes/", office.code_list, name="code-list"),
    path("desk/codes/<int:pk>/", office.code_detail, name="code-detail"),
    path("desk/codes/<int:pk>/steps/<slug:step>/", office.code_step, name="code-step"),
    path("desk/codes/<int:pk>/markets/<slug:market>/", office.market_step, name="market-step"),
]
