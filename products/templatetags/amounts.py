"""`{{ enquiry.quantity_t|amount }}`: tonnes or kilograms in words."""

from django import template

from products.amounts import amount

register = template.Library()
register.filter("amount", amount)
