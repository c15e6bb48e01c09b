"""Pages of areas and codes."""

from django.urls import path, re_path

from codes.views import areas, certificates, check, lists, lots, office, packing, verify

app_name = "codes"
urlpatterns = [
    path("v/", check.check_form, name="check-form"),
    path("v/<path:code>/", check.check, name="check"),
    path("v/<path:code>", check.check, name="check-short"),
    path("verify/", verify.verify_file, name="verify-file"),
    path("codes/<str:code>/certificate/", certificates.certificate_list, name="certificates"),
    path("codes/<str:code>/certificate/make/", certificates.certificate_make, name="certificate-make"),
    path("codes/<str:code>/certificate/<int:version>.pdf", certificates.certificate, name="certificate"),
    path(
        "codes/<str:code>/certificate/<int:version>/signed/", certificates.certificate_signed, name="certificate-signed"
    ),
    re_path(r"^codes/(?P<code>[A-Z0-9-]{2,60})/plate\.(?P<suffix>svg|pdf)$", certificates.plate, name="plate"),
    path("coop/areas/", areas.area_list, name="area-list"),
    path("coop/areas/new/", areas.area_new, name="area-new"),
    path("coop/areas/<int:pk>/", areas.area_detail, name="area-detail"),
    path("coop/areas/<int:pk>/change/", areas.area_change, name="area-change"),
    path("coop/areas/<int:pk>/redraw/", areas.area_redraw, name="area-redraw"),
    path("desk/codes/", office.code_list, name="code-list"),
    path("desk/codes/lists/", lists.list_new, name="list-new"),
    path("desk/codes/lists/<uuid:pk>/", lists.list_detail, name="list-detail"),
    path("desk/codes/lists/<uuid:pk>/columns/", lists.list_columns, name="list-columns"),
    path("desk/codes/lists/<uuid:pk>/commit/", lists.list_commit, name="list-commit"),
    path("desk/codes/lists/<uuid:pk>/cancel/", lists.list_cancel, name="list-cancel"),
    path("desk/codes/lists/<uuid:pk>/left.csv", lists.list_left, name="list-left"),
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
