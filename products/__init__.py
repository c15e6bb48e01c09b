"""Products, offers, enquiries."""
