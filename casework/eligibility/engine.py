"""Asking all rules, worst answer first; the same engine in the draft, at submission, at approval and every night."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from casework.eligibility import land, neighbours, papers, plots, scheme
from casework.eligibility.facts import Facts, load_facts
from casework.eligibility.question import FAIL, PASS, WARN, Finding, Question, question_of
from casework.models import CodeRequest
from core.errors import Finding as ErrorFinding
from core.errors import RuleViolated

Check = Callable[[Facts], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    scheme.check_scheme_usable,
    scheme.check_markets_named,
    scheme.check_minimum_area,
    scheme.check_maximum_area,
    scheme.check_minimum_growers,
    scheme.check_piece_distance,
    plots.check_one_crop,
    plots.check_one_variety,
    plots.check_mixed_stand,
    plots.check_plots_in_good_standing,
    plots.check_growers_known,
    plots.check_consent,
    plots.check_ground_matches_plots,
    neighbours.check_neighbours_plots,
    neighbours.check_neighbours_areas,
    neighbours.check_no_live_code,
    land.check_land_use_class,
    land.check_planned_zone,
    plots.check_duplicate_parcel,
    papers.check_evidence,
    papers.check_documents,
)
# What only a request can answer says nothing about a code that was given: its scheme may end, its papers are filed.
OF_REQUESTS_ONLY: frozenset[Check] = frozenset(
    {scheme.check_scheme_usable, scheme.check_markets_named, papers.check_documents}
)
CHECKS_OF_CODES: tuple[Check, ...] = tuple(check for check in CHECKS if check not in OF_REQUESTS_ONLY)


def examine(question: Question, checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """Return what the rules found, worst first, in the order of `checks`; queries as `load_facts`."""
    facts = load_facts(question)
    findings = [finding for check in checks for finding in check(facts)]
    return sorted(findings, key=lambda finding: (FAIL, WARN, PASS).index(finding.verdict))


def ensure_eligible(code_request: CodeRequest, *, on: dt.date, overridden: Iterable[str] = ()) -> list[Finding]:
    """Return the findings; raise RuleViolated("not_eligible") with the failed ones where a rule fails.

    `overridden`: rules that an officer let pass; they may fail.
    """
    findings = examine(question_of(code_request, on=on))
    passed = frozenset(overridden)
    failed = [finding for finding in findings if finding.verdict == FAIL and finding.rule not in passed]
    if failed:
        raise RuleViolated(
            "not_eligible",
            _("Hồ sơ chưa đạt yêu cầu. Xin sửa những điểm sau."),
            findings=[_as_error(finding) for finding in failed],
        )
    return findings


def _as_error(finding: Finding) -> ErrorFinding:
    refs = ", ".join(plot.ref for plot in finding.plots[:10] if plot.ref)
    text = f"{finding.title}: {finding.measured}"
    if refs:
        text += f" ({refs})"
    if finding.advice:
        text += f". {finding.advice}"
    return ErrorFinding(finding.rule, text, extra=finding.as_dict() | {"detail": text})
