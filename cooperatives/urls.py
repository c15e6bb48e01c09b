"""Pages of cooperatives."""

from django.urls import path

from cooperatives import desk, views
from cooperatives.views import grower_imports, growers, joining, people

app_name = "cooperatives"
urlpatterns = [
    path("coop/", views.home, name="home"),
    path("coop/switch/", views.switch, name="switch"),
    path("coop/join/", joining.join, name="join"),
    path("coop/join/<slug:slug>/", joining.join_detail, name="join-detail"),
    path("coop/join/<slug:slug>/proof/", joining.join_proof, name="join-proof"),
    path("coop/join/<slug:slug>/withdraw/", joining.join_withdraw, name="join-withdraw"),
    path("coop/people/", people.people, name="people"),
    path("coop/people/<int:pk>/role/", people.member_role, name="member-role"),
    path("coop/people/<int:pk>/remove/", people.member_remove, name="member-remove"),
    path("coop/people/invitations/<int:pk>/resend/", people.invitation_resend, name="invitation-resend"),
    path("coop/people/invitations/<int:pk>/cancel/", people.invitation_cancel, name="invitation-cancel"),
    path("invitations/<str:token>/", people.invitation, name="invitation"),
    path("coop/growers/", growers.grower_list, name="grower-list"),
    path("coop/growers/search/", growers.grower_search, name="grower-search"),
    path("coop/growers/reads/", growers.number_reads, name="number-reads"),
    path("coop/growers/import/", grower_imports.grower_import_new, name="grower-import-new"),
    path("coop/growers/import/template.xlsx", grower_imports.grower_template, name="grower-template"),
    path("coop/growers/import/<uuid:pk>/", grower_imports.grower_import, name="grower-import"),
    path("coop/growers/import/<uuid:pk>/columns/", grower_imports.grower_import_columns, name="grower-import-columns"),
    path("coop/growers/import/<uuid:pk>/rows/", grower_imports.grower_import_rows, name="grower-import-rows"),
    path("coop/growers/import/<uuid:pk>/cancel/", grower_imports.grower_import_cancel, name="grower-import-cancel"),
    path(
        "coop/growers/import/<uuid:pk>/left.csv",
        grower_imports.grower_import_left,
        {"suffix": "csv"},
        name="grower-import-left-csv",
    ),
    path(
        "coop/growers/import/<uuid:pk>/left.xlsx",
        grower_imports.grower_import_left,
        {"suffix": "xlsx"},
        name="grower-import-left-xlsx",
    ),
    path("coop/growers/<int:pk>/", growers.grower_detail, name="grower-detail"),
    path("coop/growers/<int:pk>/edit/", growers.grower_edit, name="grower-edit"),
    path("coop/growers/<int:pk>/leave/", growers.grower_leave, name="grower-leave"),
    path("coop/growers/<int:pk>/erase/", growers.grower_erase, name="grower-erase"),
    path("coop/growers/<int:pk>/consent/", growers.grower_consent, name="grower-consent"),
    path("coop/growers/<int:pk>/consent/code/", growers.grower_code, name="grower-code"),
    path(
        "coop/growers/<int:pk>/consent/<int:consent>/photo/",
        growers.grower_consent_photo,
        name="grower-consent-photo",
    ),
    path("coop/growers/<int:pk>/number/", growers.grower_number, name="grower-number"),
    path("coop/growers/<int:pk>/data/", growers.grower_data, name="grower-data"),
    path("desk/cooperatives/", desk.registration_list, name="registration-list"),
    path("desk/cooperatives/<int:pk>/", desk.registration_detail, name="registration-detail"),
    path("desk/cooperatives/<int:pk>/proof/", desk.registration_proof, name="registration-proof"),
    path("desk/cooperatives/<int:pk>/verify/", desk.registration_verify, name="registration-verify"),
    path("desk/cooperatives/<int:pk>/return/", desk.registration_return, name="registration-return"),
]
