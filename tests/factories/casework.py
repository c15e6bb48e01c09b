"""Factories of requests, made through the services that the pages use."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from casework import services
from casework.models import CodeRequest
from codes.models import CodeScheme, Market, ProductionArea

RequestFactory = Callable[..., CodeRequest]


def make_request(
    area: ProductionArea,
    scheme: CodeScheme,
    markets: Iterable[Market] = (),
    *,
    by: Any,
    submitted: bool = False,
    **fields: Any,
) -> CodeRequest:
    """Draft a request; `submitted` also hands it in."""
    fields.setdefault("has_declared", True)
    code_request = services.draft_request(area, scheme=scheme, markets=markets, by=by, **fields)
    return services.submit_request(code_request, by=by) if submitted else code_request


@pytest.fixture
def request_factory(area: ProductionArea, old_scheme: CodeScheme, china: Market, clerk: Any) -> RequestFactory:
    """Return `make_request`; by default for `area` under the old scheme for China, entered by the clerk."""

    def make(**fields: Any) -> CodeRequest:
        fields = {"area": area, "scheme": old_scheme, "markets": [china], "by": clerk} | fields
        return make_request(fields.pop("area"), fields.pop("scheme"), fields.pop("markets"), **fields)

    return make


@pytest.fixture
def draft_request(request_factory: RequestFactory) -> CodeRequest:
    """A draft of `cooperative`."""
    return request_factory()


@pytest.fixture
def submitted_request(request_factory: RequestFactory) -> CodeRequest:
    """A request at the office, not taken up yet."""
    return request_factory(submitted=True)


@pytest.fixture
def request_in_review(submitted_request: CodeRequest, officer: Any) -> CodeRequest:
    """A request that `officer` has taken up."""
    return services.take_up_request(submitted_request, by=officer)
