"""The daily reminders of the demonstration, and two people who want them on the phone as well."""

from collections.abc import Mapping

from django.utils import timezone

from accounts.models import User
from casework import reminders
from codes.reminders import tell_expiring
from demo.cast import phone_number
from office.models import Message
from office.services import choose_channels

PHONES = {"demo-htx": phone_number(9901), "demo-canbo": phone_number(9902)}


def tell_messages(users: Mapping[str, User]) -> str:
    """Let a clerk and an officer ask for SMS, then tell what falls due today, as the daily jobs would.

    The phone messages wait for the worker, which writes them to files (`office.senders.FileSender`).
    """
    for username, phone in PHONES.items():
        user = users[username]
        user.phone = phone
        user.save(update_fields=["phone"])
        choose_channels(user, by_sms=True)
    today = timezone.localdate()
    told = reminders.tell_office(today) + reminders.tell_cooperatives(today) + reminders.tell_overdue_opinions(today)
    told += tell_expiring(today)
    waiting = Message.objects.filter(notice__user__username__in=PHONES).count()
    return f"{told} reminders, {waiting} phone messages"
