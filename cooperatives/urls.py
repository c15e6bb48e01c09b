"""Pages of cooperatives."""

from django.urls import path

from cooperatives import desk, views

app_name = "cooperatives"
urlpatterns = [
    path("coop/", views.home, name="home"),
    path("coop/growers/", views.grower_list, name="grower-list"),
    path("coop/growers/<int:pk>/consent/", views.grower_consent, name="grower-consent"),
    path("desk/cooperatives/", desk.registration_list, name="registration-list"),
    path("desk/cooperatives/<int:pk>/verify/", desk.registration_verify, name="registration-verify"),
    path("desk/cooperatives/<int:pk>/return/", desk.registration_return, name="registration-return"),
]
