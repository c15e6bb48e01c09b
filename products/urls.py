"""Pages of producers, products and enquiries."""

from django.urls import path

from products.views import demands, enquiries, inbox, own, photos, producer, profile, searches, shops

app_name = "products"
urlpatterns = [
    path("p/<slug:slug>/", producer.producer, name="producer"),
    path("p/<slug:slug>/photos/<int:pk>.jpg", photos.photo, name="photo"),
    path("p/<slug:slug>/photos/<int:pk>-640.jpg", photos.photo, {"is_small": True}, name="photo-small"),
    path("go/<int:pk>/", shops.go, name="go"),
    path("enquiries/new/<slug:slug>/", enquiries.enquiry_new, name="enquiry-new"),
    path("enquiries/links/", enquiries.enquiry_links, name="enquiry-links"),
    path("enquiries/<str:token>/", enquiries.enquiry, name="enquiry"),
    path("enquiries/<str:token>/confirm/", enquiries.enquiry_confirm, name="enquiry-confirm"),
    path("coop/enquiries/", inbox.enquiry_inbox, name="enquiry-inbox"),
    path("coop/enquiries/<int:pk>/", inbox.enquiry_inbox_detail, name="enquiry-inbox-detail"),
    path("coop/enquiries/templates/", inbox.template_list, name="answer-template-list"),
    path("coop/enquiries/templates/<int:pk>/", inbox.template_detail, name="answer-template-detail"),
    path("coop/profile/", profile.profile, name="profile"),
    path("coop/profile/preview/", profile.preview, name="profile-preview"),
    path("coop/profile/photos/", profile.photo_new, name="photo-new"),
    path("coop/profile/photos/<int:pk>/", profile.photo_change, name="photo-change"),
    path("coop/profile/photos/<int:pk>.jpg", profile.own_photo, name="own-photo"),
    path("coop/products/<int:pk>/listings/", shops.listing_list, name="listing-list"),
    path("coop/listings/<int:pk>/remove/", shops.listing_remove, name="listing-remove"),
    path("desk/shops/", shops.shop_share_list, name="shop-share-list"),
    path("demands/", demands.demand_list, name="demand-list"),
    path("demands/new/", demands.demand_new, name="demand-new"),
    path("demands/<int:pk>/", demands.demand_detail, name="demand-detail"),
    path("coop/demands/", demands.demand_inbox, name="demand-inbox"),
    path("coop/demands/<int:pk>/", demands.demand_inbox_detail, name="demand-inbox-detail"),
    path("desk/demands/", demands.demand_desk, name="demand-desk"),
    path("desk/demands/<int:pk>/hide/", demands.demand_hide, name="demand-hide"),
    path("searches/", searches.search_list, name="search-list"),
    path("searches/new/", searches.search_new, name="search-new"),
    path("searches/stop/<str:token>/", searches.search_stop, name="search-stop"),
    path("searches/<int:pk>/", searches.search_edit, name="search-edit"),
    path("searches/<int:pk>/delete/", searches.search_delete, name="search-delete"),
    path("coop/products/", own.product_list, name="product-list"),
    path("coop/products/<int:pk>/", own.product_detail, name="product-detail"),
    path("coop/products/<int:pk>/publish/", own.product_publish, name="product-publish"),
    path("coop/offers/<int:pk>/end/", own.offer_end, name="offer-end"),
]
