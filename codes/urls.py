"""Pages of areas and codes."""

from django.urls import path

from codes.views import areas, check, lots, office, packing

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
    path("coop/lots/", lots.lot_list, name="lot-list"),
    path("coop/lots/new/", lots.lot_new, name="lot-new"),
    path("coop/lots/<int:pk>/answer/", lots.lot_answer, name="lot-answer"),
    path("coop/lots/<int:pk>/cancel/", lots.lot_cancel, name="lot-cancel"),
    path("coop/packing/", packing.packing_links, name="packing-links"),
    path("coop/packing/new/", packing.packing_own_new, name="packing-own-new"),
    path("coop/packing/links/<int:pk>/<slug:step>/", packing.packing_link_step, name="packing-link-step"),
    path("desk/ledger/", lots.ledger_list, name="ledger-list"),
    path("desk/packing/", packing.packing_list, name="packing-list"),
    path("desk/packing/new/", packing.packing_new, name="packing-new"),
    path("desk/packing/<int:pk>/", packing.packing_detail, name="packing-detail"),
    path("desk/packing/codes/<int:pk>/<slug:step>/", packing.packing_step, name="packing-step"),
    path("desk/codes/<int:pk>/ledger/", lots.lot_ledger, name="lot-ledger"),
    path("desk/codes/<int:pk>/area/", office.code_link, name="code-link"),
    path("desk/codes/<int:pk>/supersede/", office.code_supersede, name="code-supersede"),
    path("desk/codes/<int:pk>/steps/<slug:step>/", office.code_step, name="code-step"),
    path("desk/codes/<int:pk>/markets/<slug:market>/", office.market_step, name="market-step"),
]
