"""Administration of plots."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_plot_is_shown_and_not_changed(admin_client, plot_factory, longan):
    plot = plot_factory()
    address = reverse("admin:farms_plot_change", args=[plot.pk])

    shown = admin_client.get(address)
    answer = admin_client.post(address, {"ref": plot.ref, "crop": longan.pk})

    plot.refresh_from_db()
    assert (shown.status_code, answer.status_code) == (200, 403)
    assert plot.crop_id != longan.pk
