"""Pages of producers, products and enquiries."""

from django.urls import path

from products import views

app_name = "products"
urlpatterns = [
    path("p/<slug:slug>/", views.producer, name="producer"),
    path("enquiries/new/<slug:slug>/", views.enquiry_new, name="enquiry-new"),
    path("enquiries/<str:token>/", views.enquiry, name="enquiry"),
    path("coop/enquiries/", views.enquiry_inbox, name="enquiry-inbox"),
    path("coop/enquiries/<int:pk>/", views.enquiry_inbox_detail, name="enquiry-inbox-detail"),
    path("coop/products/", views.product_list, name="product-list"),
    path("coop/products/<int:pk>/", views.product_detail, name="product-detail"),
    path("coop/products/<int:pk>/publish/", views.product_publish, name="product-publish"),
    path("coop/offers/<int:pk>/end/", views.offer_end, name="offer-end"),
]
