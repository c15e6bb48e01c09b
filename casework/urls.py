"""Pages of casework."""

from django.urls import path

from casework import desk_urls, inspection_urls
from casework.views import audit, documents, file, opinions, requests, watch

app_name = "casework"
urlpatterns = [
    *inspection_urls.urlpatterns,
    *desk_urls.urlpatterns,
    path("coop/requests/", requests.request_list, name="request-list"),
    path("coop/requests/new/", requests.request_new, name="request-new"),
    path("coop/requests/panel/", requests.request_panel, name="request-panel"),
    path("coop/requests/<int:pk>/", requests.request_detail, name="request-detail"),
    path("coop/requests/<int:pk>/change/", requests.request_change, name="request-change"),
    path("requests/<int:pk>/steps/<slug:step>/", requests.request_step, name="request-step"),
    path("requests/<int:pk>/documents/", documents.document_add, name="document-add"),
    path("requests/<int:pk>/documents/<int:document>/", documents.document_open, name="document"),
    path("requests/<int:pk>/documents/<int:document>/remove/", documents.document_remove, name="document-remove"),
    path("desk/audit/", audit.audit_page, name="audit"),
    path("desk/audit.csv", audit.audit_csv, name="audit-csv"),
    path("desk/codes/<int:pk>/history/", audit.code_history, name="code-history"),
    path("desk/codes/<int:pk>/history.csv", audit.code_history_csv, name="code-history-csv"),
    path("desk/overrides/", watch.override_list, name="overrides"),
    path("desk/alerts/", watch.alert_list, name="alert-list"),
    path("desk/alerts/<int:pk>/dismiss/", watch.alert_dismiss, name="alert-dismiss"),
    path("desk/<int:pk>/", file.file_page, name="file"),
    path("desk/<int:pk>/overrides/", watch.override_check, name="override"),
    path("desk/<int:pk>/opinions/", file.opinion_ask, name="opinion-ask"),
    path("desk/<int:pk>/opinions/<int:opinion>/<slug:act>/", file.opinion_act, name="opinion-act"),
    path("opinions/<slug:token>/", opinions.opinion_page, name="opinion"),
    path("receipts/", requests.receipt_search, name="receipt-search"),
    path("receipts/<slug:receipt>/", requests.receipt, name="receipt"),
]
