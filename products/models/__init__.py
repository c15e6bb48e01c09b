"""What cooperatives sell, where it is listed, what buyers ask and look for."""

from products.models.demands import Demand, DemandReply, DemandStatus, SavedSearch
from products.models.enquiries import (
    AnswerTemplate,
    CloseReason,
    ContactCode,
    ContactKind,
    Enquiry,
    EnquiryMessage,
    EnquiryStatus,
    MessageAuthor,
    new_token,
)
from products.models.products import Offer, Product, ProductKind
from products.models.shops import Listing, ListingCheck, ListingClick, ProducerPhoto, ShopHost, ShopKind

__all__ = [
    "AnswerTemplate",
    "CloseReason",
    "ContactCode",
    "ContactKind",
    "Demand",
    "DemandReply",
    "DemandStatus",
    "Enquiry",
    "EnquiryMessage",
    "EnquiryStatus",
    "Listing",
    "ListingCheck",
    "ListingClick",
    "MessageAuthor",
    "Offer",
    "ProducerPhoto",
    "Product",
    "ProductKind",
    "SavedSearch",
    "ShopHost",
    "ShopKind",
    "new_token",
]
