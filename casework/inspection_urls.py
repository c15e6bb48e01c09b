"""Pages of visits, monitoring and what they need without signal."""

from django.urls import path

from casework.offline import INSPECTION
from casework.views import inspections, routes
from office.offline import offline_shell

urlpatterns = [
    path("desk/inspections/", inspections.visit_list, name="visit-list"),
    path("desk/inspections/new/", inspections.inspection_new, name="inspection-new"),
    path("desk/inspections/shell/", offline_shell, {"template": INSPECTION.template}, name="inspection-shell"),
    path("desk/inspections/map/", inspections.inspection_map, name="inspection-map"),
    path("desk/inspections/route/", routes.route_page, name="route"),
    path("desk/inspections/visits/<int:pk>/cancel/", inspections.visit_cancel, name="visit-cancel"),
    path("desk/inspections/<int:pk>/", inspections.inspection_detail, name="inspection"),
    path("desk/inspections/<int:pk>/minutes/", inspections.inspection_minutes, name="inspection-minutes"),
    path("desk/inspections/<int:pk>/photos/<int:number>/", inspections.inspection_photo, name="inspection-photo"),
]
