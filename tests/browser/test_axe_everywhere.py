"""Every page that everybody may read, in both languages, on a desk and on a phone: axe-core finds nothing at all.

The pages are found by walking the resolver, as for the canary test: a new public page is looked at without being named.
"""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.browser.conftest import load_axe, wait_for_map
from tests.test_canary import paths, stage  # noqa: F401  (fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = ({"width": 1280, "height": 800}, {"width": 360, "height": 740})
# Not pages of ours: the generated API documentation, and maps to take away, which open from disk (test_maps.py).
BESIDES = ("/api/", "/maps/take-away/", "/admin/")
# Without preload: axe would write imported style sheets into the page, against its Content Security Policy.
RUN = "() => axe.run({ preload: false }).then(({ violations }) => violations.map((one) => [one.id, one.nodes[0].html]))"


def public_pages(stage) -> list[str]:  # noqa: F811
    """Return the addresses that answer a visitor with a page, one per route, without those that go elsewhere."""
    client, found = Client(), {}
    for path in paths(stage):
        if path.startswith(BESIDES):
            continue
        response = client.get(path)
        is_page = response.status_code == 200 and response["Content-Type"].startswith("text/html")
        if is_page and response.resolver_match is not None:
            found.setdefault(response.resolver_match.route, path)
        response.close()
    return sorted(found.values())


@pytest.mark.parametrize("language", ["vi", "en"])
def test_axe_finds_nothing_on_any_public_page(page: Page, live_server, problems, stage, language):  # noqa: F811
    problems.expect("")  # what the console says of invented data is other tests' matter
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}])
    looked_at = public_pages(stage)

    found = []
    for path in looked_at:
        page.goto(path, wait_until="load")
        if page.locator("[data-map]").count():
            wait_for_map(page)  # the map's own controls count too
        load_axe(page)
        for size in SIZES:
            page.set_viewport_size(size)
            found += [f"{path} at {size['width']}: {rule} {node[:160]}" for rule, node in page.evaluate(RUN)]

    assert len(looked_at) >= 15
    assert found == []
