"""Pages of producers, products and enquiries."""

from django.urls import path

from products.views import enquiries, own, producer

app_name = "products"
urlpatterns = [
    path("p/<slug:slug>/", producer.producer, name="producer"),
    path("enquiries/new/<slug:slug>/", enquiries.enquiry_new, name="enquiry-new"),
    path("enquiries/<str:token>/", enquiries.enquiry, name="enquiry"),
    path("coop/enquiries/", enquiries.enquiry_inbox, name="enquiry-inbox"),
    path("coop/enquiries/<int:pk>/", enquiries.enquiry_inbox_detail, name="enquiry-inbox-detail"),
    path("coop/products/", own.product_list, name="product-list"),
    path("coop/products/<int:pk>/", own.product_detail, name="product-detail"),
    path("coop/products/<int:pk>/publish/", own.product_publish, name="product-publish"),
    path("coop/offers/<int:pk>/end/", own.offer_end, name="offer-end"),
]
