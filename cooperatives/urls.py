"""Pages of cooperatives."""

from django.urls import path

from cooperatives import desk, views
from cooperatives.views import joining, people

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
    path("coop/growers/", views.grower_list, name="grower-list"),
    path("coop/growers/<int:pk>/consent/", views.grower_consent, name="grower-consent"),
    path("desk/cooperatives/", desk.registration_list, name="registration-list"),
    path("desk/cooperatives/<int:pk>/", desk.registration_detail, name="registration-detail"),
    path("desk/cooperatives/<int:pk>/proof/", desk.registration_proof, name="registration-proof"),
    path("desk/cooperatives/<int:pk>/verify/", desk.registration_verify, name="registration-verify"),
    path("desk/cooperatives/<int:pk>/return/", desk.registration_return, name="registration-return"),
]
