"""The clock of enquiries and saved searches."""

from office.reference import add_schedules

HOUR = 3_600
WEEK = 7 * 24 * HOUR
SCHEDULES = {
    "products.mail_searches": WEEK,
    "products.expire_enquiries": HOUR,
    "products.remind_enquiries": HOUR,
    "products.drop_unconfirmed": HOUR,
}


def load() -> str:
    """Add the schedules that are missing; an administrator's changes stay."""
    add_schedules(SCHEDULES)
    return "products: schedules of enquiries and searches"
