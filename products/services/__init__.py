"""Writes of products, by what they write."""

from products.services.enquiries import (
    answer_enquiry,
    close_enquiry,
    open_enquiry,
    read_contact,
    send_enquiry,
    write_back,
)
from products.services.products import add_offer, end_offer, follow_areas, publish_product, set_published

__all__ = [
    "add_offer",
    "answer_enquiry",
    "close_enquiry",
    "end_offer",
    "follow_areas",
    "open_enquiry",
    "publish_product",
    "read_contact",
    "send_enquiry",
    "set_published",
    "write_back",
]
