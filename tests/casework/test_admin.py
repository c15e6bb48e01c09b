"""The administration shows requests and changes none."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_request_is_shown_and_not_changed(administrator, request_in_review):
    client = Client()
    client.force_login(administrator)
    path = f"/admin/casework/coderequest/{request_in_review.pk}/change/"

    page = client.get(path).content.decode()
    answer = client.post(path, {"status": "approved"})

    assert request_in_review.area.name in page
    assert answer.status_code == 403
    request_in_review.refresh_from_db()
    assert request_in_review.status == "in_review"
