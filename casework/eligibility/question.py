"""What is asked, and what a rule answers."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest
from codes.models import CodeScheme, Market, ProductionArea, ProductionAreaCode, SchemeRule

PASS, WARN, FAIL = "pass", "warn", "fail"
RULE_OF_HOUSE = _("Quy tắc dữ liệu của hệ thống")
MAX_SHOWN_PLOTS = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: codes for `area` under `scheme` for `markets`, judged by the rules of the day `on`.

    `request_id`: the request whose documents count. `code_id`: the issued code that is looked at again; it does not
    stand in its own way.
    """

    area: ProductionArea
    scheme: CodeScheme
    markets: tuple[Market, ...]
    on: dt.date
    request_id: int | None = None
    code_id: int | None = None


def question_of(code_request: CodeRequest, *, on: dt.date) -> Question:
    """Return the question that a stored request asks, judged on the day `on`."""
    markets = tuple(code_request.markets.all())
    return Question(code_request.area, code_request.scheme, markets, on, request_id=code_request.pk)


def question_of_code(code: ProductionAreaCode, *, on: dt.date, request_id: int | None = None) -> Question:
    """Return the question whether an issued code would be given again on the day `on`; it must have an area.

    `request_id`: the request by which it was issued, whose diaries and certificates still count.
    """
    if code.area is None:
        raise ValueError("a code without an area cannot be judged")
    markets = (code.market,) if code.market else tuple(approval.market for approval in code.approvals.all())
    return Question(code.area, code.scheme, markets, on, request_id=request_id, code_id=code.pk)


@dataclass(frozen=True, slots=True)
class PlotAtFault:
    """A plot to point at; `ref` is empty where the asker may not know it (another holder's)."""

    id: int
    ref: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found. `override`: an officer let it pass, for this version of the request."""

    rule: str
    title: Any
    verdict: str
    measured: Any = ""
    threshold: Any = ""
    legal_ref: Any = RULE_OF_HOUSE
    advice: Any = ""
    plots: tuple[PlotAtFault, ...] = ()
    override: Any = None
    may_override: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data for events and the API."""
        shown = {
            "rule": self.rule,
            "verdict": self.verdict,
            "title": str(self.title),
            "measured": str(self.measured),
            "threshold": str(self.threshold),
            "legal_ref": str(self.legal_ref),
            "detail": str(self.advice),
        }
        if self.override is not None:
            shown["override"] = str(self.override.reason)
        return shown | {"plots": [{"id": plot.id, "ref": plot.ref} for plot in self.plots]}


def with_market(title: Any, rule: SchemeRule | None) -> Any:
    """Return the title with the market that the rule was made for."""
    return f"{title}: {rule.market}" if rule is not None and rule.market_id else title


def plain(value: float) -> str:
    """Return a threshold without needless zeros: 10, not 10,0."""
    return number_format(int(value) if value == int(value) else value, use_l10n=True)


def ha(value: float) -> str:
    """Return hectares with two decimals."""
    return number_format(round(value, 2), decimal_pos=2, use_l10n=True)


def whole(value: float) -> str:
    """Return a number of m² or metres without decimals."""
    return number_format(round(value), use_l10n=True)


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent with at most one decimal."""
    return plain(round(share * 100, 1))
