"""The API's addresses under /api/v1/: every app brings its own."""

import casework.api
import casework.inspection_api
import codes.api
import cooperatives.api
import exchange.api
import exchange.api_analysis
import exchange.api_catalogue
import exchange.api_eudr
import farms.api
import landuse.api
import maps.api
import office.api
import places.api
import products.api

urlpatterns = [
    *office.api.urlpatterns,
    *places.api.urlpatterns,
    *landuse.api.urlpatterns,
    *cooperatives.api.urlpatterns,
    *farms.api.urlpatterns,
    *codes.api.urlpatterns,
    *casework.api.urlpatterns,
    *casework.inspection_api.urlpatterns,
    *products.api.urlpatterns,
    *maps.api.urlpatterns,
    *exchange.api.urlpatterns,
    *exchange.api_analysis.urlpatterns,
    *exchange.api_catalogue.urlpatterns,
    *exchange.api_eudr.urlpatterns,
]
