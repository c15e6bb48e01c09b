"""Pages of casework."""

from django.urls import path

from casework.views import desk, requests

app_name = "casework"
urlpatterns = [
    path("coop/requests/", requests.request_list, name="request-list"),
    path("coop/requests/new/", requests.request_new, name="request-new"),
    path("coop/requests/panel/", requests.request_panel, name="request-panel"),
    path("coop/requests/<int:pk>/", requests.request_detail, name="request-detail"),
    path("coop/requests/<int:pk>/change/", requests.request_change, name="request-change"),
    path("requests/<int:pk>/steps/<slug:step>/", requests.request_step, name="request-step"),
    path("desk/", desk.desk_page, name="desk"),
    path("desk/<int:pk>/", desk.file_page, name="file"),
    path("receipts/<slug:receipt>/", requests.receipt, name="receipt"),
]
