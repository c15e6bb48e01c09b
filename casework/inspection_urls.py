"""Pages of visits, monitoring and what they need without signal."""

from django.urls import path

from casework.views import inspections, offline, routes

urlpatterns = [
    path("sw.js", offline.service_worker, name="service-worker"),
    path("outbox/session/", offline.session, name="outbox-session"),
    path("desk/inspections/", inspections.visit_list, name="visit-list"),
    path("desk/inspections/new/", inspections.inspection_new, name="inspection-new"),
    path("desk/inspections/shell/", offline.shell, name="inspection-shell"),
    path("desk/inspections/map/", inspections.inspection_map, name="inspection-map"),
    path("desk/inspections/route/", routes.route_page, name="route"),
    path("desk/inspections/visits/<int:pk>/cancel/", inspections.visit_cancel, name="visit-cancel"),
    path("desk/inspections/<int:pk>/", inspections.inspection_detail, name="inspection"),
    path("desk/inspections/<int:pk>/minutes/", inspections.inspection_minutes, name="inspection-minutes"),
    path("desk/inspections/<int:pk>/photos/<int:number>/", inspections.inspection_photo, name="inspection-photo"),
]
