"""Pages of cooperatives."""

from django.urls import path

from cooperatives import views

app_name = "cooperatives"
urlpatterns = [
    path("coop/", views.home, name="home"),
    path("coop/growers/", views.grower_list, name="grower-list"),
]
