"""Which representation is answered: `f`, else Accept. Unknown `f` is 400, an Accept without ours 406."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.problems import STATUSES, parameter_finding

JSON, HTML, GEOJSON = "application/json", "text/html", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"


class NotAcceptable(DomainError):
    """None of the representations is what the caller accepts (RFC 9110 §15.5.7)."""

    status = 406
    code = "not_acceptable"
    detail = STATUSES[406][2]


def wants_html(request: HttpRequest, data_type: str) -> bool:
    """Return whether the page for people is asked for, not `data_type`.

    Raises BadInput for an unknown `f`, NotAcceptable (406) when neither is accepted. `*/*` and no Accept mean data:
    programs that say nothing must not get a page.
    """
    values = request.GET.getlist("f")
    if values:
        if len(values) > 1:
            raise BadInput(
                findings=[parameter_finding("f", "repeated_parameter", _("Tham số này chỉ được gửi một lần."))]
            )
        if values[0] not in ("json", "html"):
            raise BadInput(findings=[parameter_finding("f", "invalid", _("f phải là json hoặc html."))])
        return values[0] == "html"
    offered = dict.fromkeys([data_type.partition(";")[0], data_type, JSON, GEOJSON, HTML])
    preferred = request.get_preferred_type(list(offered))
    if preferred is None:
        raise NotAcceptable
    return preferred == HTML
