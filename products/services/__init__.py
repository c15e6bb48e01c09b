"""Writes of products, by what they write."""

from products.contacts import read_contact, request_code
from products.services.answers import delete_template, save_template
from products.services.enquiries import (
    answer_enquiry,
    ask,
    close_enquiry,
    confirm_enquiry,
    mark_spam,
    open_enquiry,
    send_enquiry,
    send_link,
    send_links,
    share_contact,
    write_back,
)
from products.services.photos import add_photo, change_photo, move_photo, remove_photo
from products.services.products import add_offer, end_offer, follow_areas, publish_product, set_published
from products.services.shops import add_listing, count_click, record_check, remove_listing, shop_changed

__all__ = [
    "add_listing",
    "add_offer",
    "add_photo",
    "answer_enquiry",
    "ask",
    "change_photo",
    "close_enquiry",
    "confirm_enquiry",
    "count_click",
    "delete_template",
    "end_offer",
    "follow_areas",
    "mark_spam",
    "move_photo",
    "open_enquiry",
    "publish_product",
    "read_contact",
    "record_check",
    "remove_listing",
    "remove_photo",
    "request_code",
    "save_template",
    "send_enquiry",
    "send_link",
    "send_links",
    "set_published",
    "share_contact",
    "shop_changed",
    "write_back",
]
