"""Requests, codes and what markets say, driven in any order by anybody, against a plain dictionary that keeps count.

The oracle knows the rules from docs/architecture.md §3 by its own words, not from the tables of the code. Each example
runs in a savepoint that is rolled back. Derandomized: CI walks the same paths every time.
"""

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from casework import services
from casework.models import CodeRequest
from casework.workflow import available_transitions as request_steps
from codes import services as code_services
from codes.models import MarketApproval, ProductionAreaCode
from codes.services import Act
from codes.workflow import available_market_transitions, available_transitions
from core.errors import NotAllowed, RuleViolated, WrongState
from tests.factories.codes import make_scheme

pytestmark = pytest.mark.django_db

OFFICE, COOPERATIVE = ("officer", "second"), ("clerk",)
PEOPLE = (*COOPERATIVE, *OFFICE, "outsider")
MARKETS = ("CHN", "USA")
# step: (who, from where, to where)
REQUEST_STEPS = {
    "submit": (COOPERATIVE, {"draft"}, "submitted"),
    "take_up": (OFFICE, {"submitted"}, "in_review"),
    "schedule_inspection": (OFFICE, {"in_review"}, "inspection"),
    "record_inspection": (OFFICE, {"inspection"}, "inspection"),
    "return": (OFFICE, {"in_review", "inspection"}, "returned"),
    "resubmit": (COOPERATIVE, {"returned"}, "in_review"),
    "approve": (OFFICE, {"in_review", "inspection"}, "approved"),
    "reject": (OFFICE, {"in_review", "inspection"}, "rejected"),
    "withdraw": (COOPERATIVE, {"draft", "submitted", "in_review", "inspection", "returned"}, "withdrawn"),
}
CLOSED = {"rejected", "withdrawn", "lapsed"}
CODE_STEPS = {
    "suspend": ({"active"}, "suspended"),
    "restore": ({"suspended"}, "active"),
    "revoke": ({"active", "suspended"}, "revoked"),
    "renew": ({"active"}, None),  # a code of a scheme without a term has nothing to renew
}
MARKET_STEPS = {
    "send_dossier": ({"not_submitted", "rejected", "withdrawn"}, "dossier_sent"),
    "approve": ({"dossier_sent"}, "approved"),
    "reject": ({"dossier_sent"}, "rejected"),
    "hold": ({"approved"}, "on_hold"),
    "resume": ({"on_hold"}, "approved"),
    "withdraw": ({"dossier_sent", "approved", "on_hold"}, "withdrawn"),
}
SCHEMES = {
    "plain": {},
    "visit": {"requires_inspection": True},
    "four eyes": {"needs_four_eyes": True},
}
_INSPECTED = [
    ("submit", "clerk"), ("take_up", "officer"), ("schedule_inspection", "officer"), ("record_inspection", "officer"),
]  # fmt: skip
_CODED = [*_INSPECTED, ("approve", "second")]
# Chance alone would seldom get that far.
STARTS: dict[str, list[tuple[str, str]]] = {
    "draft": [],
    "returned": [*_INSPECTED, ("return", "officer")],
    "inspected": _INSPECTED,
    "coded": _CODED,
    "suspended": [*_CODED, ("suspend", "officer")],
    "approved by a market": [*_CODED, ("market_send_dossier", "officer"), ("market_approve", "officer")],
}
EXAMINING = ("take_up", "return", "schedule_inspection", "record_inspection")
STEPS_PER_EXAMPLE, EXAMPLES = 35, 4

people = st.sampled_from(PEOPLE)
# Mostly officers: an order in which the wrong people knock all the time never gets far.
officials = st.sampled_from(OFFICE * 3 + PEOPLE)
documents = st.sampled_from(("1/QĐ", "2/QĐ"))
# What the office often does comes more often, so that examples reach the end of the road.
_OFTEN = [
    ("submit", "clerk"), ("take_up", "officer"), ("take_up", "second"), ("schedule_inspection", "officer"),
    ("record_inspection", "officer"), ("return", "second"), ("resubmit", "clerk"), ("approve", "officer"),
    ("approve", "second"),
]  # fmt: skip
request_actions = st.sampled_from(_OFTEN * 2 + [(step, person) for step in REQUEST_STEPS for person in PEOPLE])


class Lives(RuleBasedStateMachine):
    """One area, one request after the other, one code, two markets."""

    world: dict[str, Any] = {}
    start = "draft"
    seen: set[str] = set()
    turn = 0

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.request: CodeRequest | None = None
        self.code: ProductionAreaCode | None = None
        self.oracle: dict[str, Any] = {
            "request": None, "events": 0, "last": None, "assigned": None, "visits": [], "examined": set(),
            "code": None, "code_last": None, "code_events": 0,
            "markets": dict.fromkeys(MARKETS, "not_submitted"), "market_last": dict.fromkeys(MARKETS),
        }  # fmt: skip
        self.again: Any = None

    def teardown(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit would have checked
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    # --- the request ---------------------------------------------------------------------------------------------

    @initialize(kind=st.sampled_from(sorted(SCHEMES)))
    def begin(self, kind: str) -> None:
        """Go to where this walk starts, by a way that every scheme allows."""
        self.kind = kind
        self.draft("clerk")
        for step, person in STARTS[self.start]:
            if step in REQUEST_STEPS:
                self._act(step, person, "pass")
            elif step in CODE_STEPS:
                self._move_code(step, person, "0/QĐ", True)
            else:
                self._market_speaks("CHN", step.removeprefix("market_"), person, "0/QĐ", True)

    @precondition(lambda self: self.oracle["request"] != "approved")
    @rule(person=people)
    def draft(self, person: str) -> None:
        oracle = self.oracle
        is_open = oracle["request"] not in (None, *CLOSED)
        expected: Any = NotAllowed if person not in COOPERATIVE else WrongState if is_open else None

        made = self._do(
            expected,
            lambda: services.draft_request(
                self.world["area"],
                scheme=self.world["schemes"][self.kind],
                markets=self.world["markets"],
                by=self.world[person],
                has_declared=True,
            ),
        )

        if expected is None:
            self.request = made
            oracle |= {"request": "draft", "events": 1, "last": ("draft", person), "assigned": None}
            oracle |= {"visits": [], "examined": set()}

    @rule(action=request_actions, result=st.sampled_from(("pass", "minor", "major")))
    def act(self, action: tuple[str, str], result: str) -> None:
        step, person = action
        self.again = lambda: self._act(step, person, result)
        self.again()

    @precondition(lambda self: self.oracle["request"] not in {"approved", *CLOSED})
    @rule(pick=st.integers(0, 99), result=st.sampled_from(("pass", "minor", "major")))
    def go_on(self, pick: int, result: str) -> None:
        """Some step that leads on, by somebody who may take it."""
        open_steps = [
            (step, person)
            for step, (who, sources, _target) in REQUEST_STEPS.items()
            for person in who
            if self.oracle["request"] in sources and step != "withdraw"
        ]
        self.act((open_steps[pick % len(open_steps)]), result)

    @precondition(lambda self: self.again is not None)
    @rule()
    def click_again(self) -> None:
        """The very same thing once more, by the same person."""
        self.again()

    def _act(self, step: str, person: str, result: str) -> None:
        oracle = self.oracle
        expected, is_repeat = self._expected(step, person, result)

        self._do(expected, lambda: self._call(step, self.world[person], result))

        if expected is not None or is_repeat:
            return
        oracle |= {"request": REQUEST_STEPS[step][2], "events": oracle["events"] + 1, "last": (step, person)}
        if step in EXAMINING:
            oracle["examined"].add(person)
        if step == "take_up":
            oracle["assigned"] = person
        elif step == "record_inspection":
            oracle["visits"].append((person, result))
        elif step == "approve":
            assert self.request is not None
            self.code = self.request.codes.get()
            oracle |= {"code": "active", "code_events": 1, "code_last": None}

    def _expected(self, step: str, person: str, result: str) -> tuple[Any, bool]:
        """Return (the error that must come, whether nothing may change)."""
        oracle = self.oracle
        who, sources, target = REQUEST_STEPS[step]
        if person not in who:
            return NotAllowed, False
        if oracle["last"] == (step, person) and oracle["request"] == target and step != "record_inspection":
            return None, True
        if oracle["request"] not in sources:
            return WrongState, False
        if step == "record_inspection":
            return None, (person, result) in oracle["visits"]
        if step == "approve":
            return self._expected_of_approval(person), False
        return None, False

    def _is_the_same_eyes(self, person: str) -> bool:
        """Whether the person examined a request whose scheme wants somebody else to approve it."""
        return self.kind == "four eyes" and person in self.oracle["examined"]

    def _expected_of_approval(self, person: str) -> Any:
        oracle = self.oracle
        if self._is_the_same_eyes(person):
            return NotAllowed
        is_due = self.kind == "visit" or oracle["request"] == "inspection"
        if is_due and not oracle["visits"]:
            return RuleViolated
        return RuleViolated if oracle["visits"] and oracle["visits"][-1][1] == "major" else None

    def _call(self, step: str, by: Any, result: str) -> None:
        request = self.request
        if step == "record_inspection":
            today = timezone.localdate()
            services.record_inspection(request, visited_on=today, result=result, report="Đã xem", by=by)
        elif step in ("return", "reject"):
            getattr(services, f"{step}_request")(request, reason="Thiếu giấy", by=by)
        elif step == "schedule_inspection":
            services.schedule_inspection(request, by=by)
        else:
            getattr(services, f"{step}_request")(request, by=by)

    @rule(days_late=st.sampled_from((0, 1)))
    def time_passes(self, days_late: int) -> None:
        """The clock closes a returned request after its last day, and touches nothing else."""
        assert self.request is not None
        self.request.refresh_from_db()
        day = (self.request.due_on or timezone.localdate()) + dt.timedelta(days=days_late)
        lapses = self.oracle["request"] == "returned" and days_late == 1

        closed = services.lapse_requests(today=day)

        assert closed == int(lapses)
        if lapses:
            self.oracle |= {"request": "lapsed", "events": self.oracle["events"] + 1, "last": ("lapse", None)}

    # --- the code and its markets --------------------------------------------------------------------------------

    @precondition(lambda self: self.code is not None)
    @rule(
        step=st.sampled_from(sorted(CODE_STEPS)),
        person=officials,
        document=documents,
        is_complete=st.sampled_from((True, True, True, False)),
    )
    def move_code(self, step: str, person: str, document: str, is_complete: bool) -> None:
        self.again = lambda: self._move_code(step, person, document, is_complete)
        self.again()

    def _move_code(self, step: str, person: str, document: str, is_complete: bool) -> None:
        oracle = self.oracle
        sources, target = CODE_STEPS[step]
        expected: Any = None
        is_repeat = is_complete and oracle["code_last"] == (step, person, document)
        if person not in OFFICE:
            expected, is_repeat = NotAllowed, False
        elif is_repeat:
            pass
        elif oracle["code"] not in sources:
            expected = WrongState
        elif not is_complete or target is None:
            expected = RuleViolated

        self._do(
            expected,
            lambda: code_services.move_code(self.code, step, act(document, is_complete), by=self.world[person]),
        )

        if expected is None and not is_repeat:
            oracle |= {
                "code": target, "code_last": (step, person, document), "code_events": oracle["code_events"] + 1
            }  # fmt: skip

    @precondition(lambda self: self.oracle["code"] in ("active", "suspended"))
    @rule(market=st.sampled_from(MARKETS), pick=st.integers(0, 99), person=st.sampled_from(OFFICE), document=documents)
    def market_goes_on(self, market: str, pick: int, person: str, document: str) -> None:
        state = self.oracle["markets"][market]
        open_steps = [step for step, (sources, _target) in MARKET_STEPS.items() if state in sources]
        self.market_speaks(market, open_steps[pick % len(open_steps)], person, document, True)

    @precondition(lambda self: self.code is not None)
    @rule(
        market=st.sampled_from(MARKETS),
        step=st.sampled_from(sorted(MARKET_STEPS)),
        person=officials,
        document=documents,
        is_complete=st.sampled_from((True, True, True, False)),
    )
    def market_speaks(self, market: str, step: str, person: str, document: str, is_complete: bool) -> None:
        self.again = lambda: self._market_speaks(market, step, person, document, is_complete)
        self.again()

    def _market_speaks(self, market: str, step: str, person: str, document: str, is_complete: bool) -> None:
        oracle = self.oracle
        sources, target = MARKET_STEPS[step]
        expected: Any = None
        is_repeat = is_complete and oracle["market_last"][market] == (step, person, document)
        if person not in OFFICE:
            expected, is_repeat = NotAllowed, False
        elif oracle["code"] == "revoked":
            expected, is_repeat = WrongState, False
        elif is_repeat:
            pass
        elif oracle["markets"][market] not in sources:
            expected = WrongState
        elif not is_complete:
            expected = RuleViolated
        approval = MarketApproval.objects.get(code=self.code, market=market)

        self._do(
            expected,
            lambda: code_services.move_market_approval(
                approval, step, act(document, is_complete), by=self.world[person]
            ),
        )

        if expected is None and not is_repeat:
            oracle["markets"][market] = target
            oracle["market_last"][market] = (step, person, document)
            oracle["code_events"] += 1

    # --- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def stored_is_what_the_oracle_says(self) -> None:
        if self.request is None:
            return
        oracle = self.oracle
        request = CodeRequest.objects.get(pk=self.request.pk)
        events = list(request.events.values_list("transition", "by__username"))
        assert (request.status, len(events)) == (oracle["request"], oracle["events"])
        assert events[-1] == (oracle["last"][0], oracle["last"][1])
        assert (request.decided_at is not None) == (request.status in {"approved", *CLOSED})
        assert request.inspections.count() == len(oracle["visits"])
        if oracle["request"] == "in_review":
            assert request.assigned_to.username == oracle["assigned"]
        codes = list(ProductionAreaCode.objects.values_list("code", "status"))
        self.seen |= {f"request {oracle['request']}", f"code {oracle['code']}"}
        self.seen |= {f"market {said}" for said in oracle["markets"].values()}
        assert codes == ([] if oracle["code"] is None else [("VN-XXOR-0001", oracle["code"])])
        if oracle["code"] is not None:
            assert self.code is not None
            assert dict(self.code.approvals.values_list("market", "status")) == oracle["markets"]
            assert self.code.events.count() == oracle["code_events"]

    @invariant()
    def buttons_are_what_the_services_take(self) -> None:
        """What a page offers is what may be done, no more and no less."""
        if self.request is None:
            return
        oracle = self.oracle
        request = CodeRequest.objects.select_related("scheme", "commune", "cooperative").get(pk=self.request.pk)
        self.turn += 1
        person = PEOPLE[self.turn % len(PEOPLE)]  # one a turn: each asks the database for posts and memberships
        offered = {step.name for step in request_steps(request, self.world[person])}
        assert offered == {
            name
            for name, (who, sources, _target) in REQUEST_STEPS.items()
            if person in who
            and oracle["request"] in sources
            and not (name == "approve" and self._is_the_same_eyes(person))
        }
        if oracle["code"] is None:
            return
        code = ProductionAreaCode.objects.select_related("scheme", "commune").get(pk=self.code.pk)
        names = {step.name for step in available_transitions(code, self.world["officer"])} - {"supersede"}
        assert names == {name for name, (sources, to) in CODE_STEPS.items() if to and oracle["code"] in sources}
        assert available_transitions(code, self.world["outsider"]) == []
        for approval in code.approvals.select_related("code__commune", "code__scheme"):
            names = {step.name for step in available_market_transitions(approval, self.world["officer"])}
            state = oracle["markets"][approval.market_id]
            over = oracle["code"] == "revoked"
            assert names == {name for name, (sources, _to) in MARKET_STEPS.items() if state in sources and not over}

    def _do(self, expected: type[Exception] | None, work: Any) -> Any:
        if expected is None:
            return work()
        with pytest.raises(expected):
            work()
        self.seen.add(expected.__name__)
        return None


def act(document: str, is_complete: bool) -> Act:
    return Act(
        reason="Lý do" if is_complete else " ",
        document_number=document,
        effective_on=timezone.localdate(),
        public_note="Ghi chú",
    )


@pytest.fixture
def world(area, clerk, officer, outsider, officer_factory, province, china, usa):
    Lives.seen = set()
    Lives.world = {
        "area": area,
        "markets": [china, usa],
        "clerk": clerk,
        "officer": officer,
        "second": officer_factory(province, username="second"),
        "outsider": outsider,
        "schemes": {kind: make_scheme(**fields) for kind, fields in SCHEMES.items()},
    }
    yield Lives.world
    Lives.world = {}


@pytest.mark.parametrize("start", STARTS)
def test_any_order_of_steps_by_anybody(world, start):
    Lives.start = start

    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS_PER_EXAMPLE,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    # The walk is worth something only if it left its start, and met refusals.
    assert {"NotAllowed", "WrongState"} <= Lives.seen
    assert len(Lives.seen) > 5
