"""Pages of the desk, of routing and of misuse cases."""

from django.urls import path

from casework.views import assignment, desk, misuse

urlpatterns = [
    path("desk/", desk.desk_page, name="desk"),
    path("desk/assign/", assignment.assign, name="assign"),
    path("desk/routing/", assignment.routing, name="routing"),
    path("desk/routing/<int:pk>/end/", assignment.routing_end, name="routing-end"),
    path("desk/misuse/new/<int:pk>/", misuse.case_new, name="misuse-new"),
    path("desk/misuse/<int:pk>/", misuse.case_page, name="misuse-case"),
    path("desk/misuse/<int:pk>/steps/<slug:step>/", misuse.case_step, name="misuse-step"),
    path("desk/misuse/<int:pk>/contact/", misuse.case_contact, name="misuse-contact"),
    path("desk/misuse/<int:pk>/evidence/<uuid:document>/", misuse.case_evidence, name="misuse-evidence"),
    path("coop/misuse/<int:pk>/", misuse.reply, name="misuse-reply"),
    path("reports/new/", misuse.report_new, name="misuse-report"),
    path("reports/<slug:receipt>/", misuse.report_receipt, name="misuse-receipt"),
    path("violations/", misuse.violations, name="violations"),
]
