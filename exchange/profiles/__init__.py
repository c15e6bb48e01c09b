"""Agreed shapes of files for receivers, by name; `plain`, the layer's own, is not among them."""

from collections.abc import Mapping
from typing import Any

from exchange.catalogue import Entry
from exchange.models import ExportProfile
from exchange.profiles.base import Profile
from exchange.profiles.buyers import BUYER
from exchange.profiles.eudr import EUDR
from exchange.profiles.fiboa import FIBOA
from exchange.profiles.national import NATIONAL

PROFILES: Mapping[ExportProfile, Profile] = {profile.name: profile for profile in (EUDR, FIBOA, NATIONAL, BUYER)}


def profiles_for(entry: Entry, user: Any) -> list[Profile]:
    """Return the profiles in which `user` may take the layer out."""
    return [profile for profile in PROFILES.values() if entry.layer.name in profile.layers and profile.may_use(user)]


__all__ = ["PROFILES", "Profile", "profiles_for"]
