"""Opinions of other offices: asked by a link in a mail, read without persons, answered once."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from casework import services
from casework.models import Opinion, OpinionVisit
from casework.services.opinions import answer_opinion, deliver_opinion_mail, is_open
from core.errors import NotAllowed, RuleViolated, WrongState
from office.models import Notice, OutboxMessage
from office.services import deliver_outbox
from tests.people import make_officer

pytestmark = pytest.mark.django_db
ASKED = {"office": "Phòng Đất đai", "email": "datdai@example.test", "question": "Đất này có đúng quy hoạch không?"}


def ask(code_request, officer, **changes):
    return services.ask_opinion(code_request, **ASKED | changes, by=officer)


def link_in(message):
    (found,) = re.findall(r"https?://[^/\s]+(/opinions/\S+/)", message.body)
    return found


@pytest.fixture
def opinion(request_in_review, officer):
    return ask(request_in_review, officer)


@pytest.fixture
def link(opinion):
    """The address in the mail that went out."""
    mail.outbox.clear()
    deliver_outbox()
    (message,) = [one for one in mail.outbox if one.to == [ASKED["email"]]]
    return link_in(message)


def text_of(answer):
    return answer.content.decode()


def test_the_link_goes_out_by_mail_and_is_stored_nowhere(opinion, link):
    opinion.refresh_from_db()
    token = link.split("/")[2]

    stored = [*OutboxMessage.objects.values_list("payload", flat=True), *Opinion.objects.values_list()]

    assert len(token) >= 22  # 128 bits in base 64
    assert token not in str(stored)
    assert Client().get(link).status_code == 200


def test_due_by_the_term_of_the_scheme(opinion):
    assert opinion.due_on > opinion.asked_at.date()


def test_the_page_shows_the_request_without_persons(link, request_in_review, clerk, officer, area):
    request_in_review.contact_person, request_in_review.note = "Kỹ Thuật Kín", "Ghi chú kín"
    request_in_review.save(update_fields=["contact_person", "note"])

    page = text_of(Client().get(link))

    assert all(plot.ref in page for plot in area.plots.all())
    assert ASKED["question"] in page
    persons = [plot.grower.person.full_name for plot in area.plots.all()] + [clerk.full_name, officer.full_name]
    assert [name for name in (*persons, "Kỹ Thuật Kín", "Ghi chú kín") if name in page] == []


def test_the_name_of_a_household_stays_hidden(link, cooperative):
    type(cooperative).objects.filter(pk=cooperative.pk).update(kind="household", name="Hộ Ông Kín")

    assert "Hộ Ông Kín" not in text_of(Client().get(link))


def test_the_address_leaks_to_nobody(link):
    answer = Client().get(link)

    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "private, no-store"
    assert "noindex" in answer["X-Robots-Tag"]


def test_every_opening_is_logged(opinion, link, officer):
    client = Client()
    client.get(link)
    client.get(link)

    assert OpinionVisit.objects.filter(opinion=opinion).count() == 2
    assert opinion.visits.first().address == "127.0.0.1"
    page = Client()
    page.force_login(officer)
    assert "liên kết được mở 2 lần" in text_of(page.get(reverse("casework:file", args=[opinion.code_request_id])))


def test_one_dated_answer_without_account_or_cookie(opinion, link, officer):
    client = Client(enforce_csrf_checks=True)

    answer = client.post(link, {"verdict": "remarks", "answer": "Cần giữ hành lang kênh"}, headers={"Origin": "null"})
    second = client.post(link, {"verdict": "agree", "answer": ""})

    opinion.refresh_from_db()
    assert (answer.status_code, second.status_code) == (302, 409)
    assert (opinion.verdict, opinion.answer) == ("remarks", "Cần giữ hành lang kênh")
    assert opinion.answered_at is not None
    assert "Cần giữ hành lang kênh" in text_of(client.get(link))
    assert Notice.objects.filter(user=officer, kind="opinion_answered").count() == 1


def test_the_same_answer_twice_is_one(opinion, officer):
    answer_opinion(opinion, verdict="agree", answer="")
    answer_opinion(opinion, verdict="agree", answer="")

    assert Notice.objects.filter(kind="opinion_answered").count() == 1


@pytest.mark.parametrize("data", [{}, {"verdict": "maybe"}, {"verdict": "disagree", "answer": " "}])
def test_bad_answers_are_said_in_place(opinion, link, data):
    answer = Client().post(link, data)

    opinion.refresh_from_db()
    assert answer.status_code == 422
    assert "errorlist" in text_of(answer) or "notice--error" in text_of(answer)
    assert opinion.answered_at is None


def test_services_refuse_bad_answers(opinion):
    with pytest.raises(RuleViolated):
        answer_opinion(opinion, verdict="maybe", answer="x")
    with pytest.raises(RuleViolated):
        answer_opinion(opinion, verdict="disagree", answer="")


def test_a_request_under_way_shows_the_same_words_for_all_dead_links(opinion, link, officer):
    services.revoke_opinion(opinion, by=officer)

    revoked, unknown = Client().get(link), Client().get("/opinions/AAAAAAAAAAAAAAAAAAAAAA/")

    assert (revoked.status_code, unknown.status_code) == (410, 404)
    assert re.sub(r"\s+", " ", text_of(revoked)) == re.sub(r"\s+", " ", text_of(unknown))
    assert revoked["Referrer-Policy"] == unknown["Referrer-Policy"] == "no-referrer"
    assert opinion.visits.count() == 1


def test_the_link_opens_through_its_last_day(opinion):
    assert is_open(opinion, opinion.due_on)
    assert not is_open(opinion, opinion.due_on + dt.timedelta(days=1))
    with pytest.raises(WrongState):
        answer_opinion(opinion, verdict="agree", answer="", today=opinion.due_on + dt.timedelta(days=1))


def test_an_expired_link_is_gone(opinion, link):
    Opinion.objects.update(due_on=dt.date(2026, 1, 1))

    assert Client().get(link).status_code == 410
    assert Client().post(link, {"verdict": "agree"}).status_code == 410


def test_a_decided_request_closes_the_link(opinion, link, officer):
    services.reject_request(opinion.code_request, reason="Sai", by=officer)

    assert Client().get(link).status_code == 410


def test_a_new_link_kills_the_old_one(opinion, link, officer):
    mail.outbox.clear()

    services.resend_opinion(opinion, by=officer)
    dead = Client().get(link).status_code
    deliver_outbox()

    assert dead == 404
    assert Client().get(link_in(mail.outbox[-1])).status_code == 200


def test_a_delivery_repeated_leaves_the_last_mail_open(opinion):
    deliver_opinion_mail({"opinion": opinion.pk})
    deliver_opinion_mail({"opinion": opinion.pk})

    first, second = [link_in(message) for message in mail.outbox[-2:]]
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)


def test_what_was_taken_back_is_not_mailed(opinion, officer):
    mail.outbox.clear()
    services.revoke_opinion(opinion, by=officer)

    deliver_opinion_mail({"opinion": opinion.pk})
    deliver_opinion_mail({"opinion": 10**9})

    assert not [message for message in mail.outbox if message.to == [ASKED["email"]]]


def test_the_rate_is_limited(link, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"opinion": 2}

    answers = [Client().get(link).status_code for _turn in range(3)]

    assert answers == [200, 200, 429]


def test_asked_twice_is_one_question(opinion, request_in_review, officer):
    assert ask(request_in_review, officer) == opinion
    assert Opinion.objects.count() == 1


def test_questions_have_an_end(opinion, request_in_review, officer, monkeypatch):
    monkeypatch.setattr("casework.services.opinions.MAX_WAITING", 1)

    with pytest.raises(RuleViolated) as caught:
        ask(request_in_review, officer, question="Khác?")

    assert caught.value.code == "too_many_opinions"


def test_an_empty_question_is_refused(request_in_review, officer):
    with pytest.raises(RuleViolated):
        ask(request_in_review, officer, question="  ")


def test_nobody_is_asked_before_the_request_is_taken_up(submitted_request, officer):
    with pytest.raises(WrongState):
        ask(submitted_request, officer)


def test_an_answered_question_is_neither_taken_back_nor_sent_again(opinion, officer):
    answer_opinion(opinion, verdict="agree", answer="")

    with pytest.raises(WrongState):
        services.revoke_opinion(opinion, by=officer)
    with pytest.raises(WrongState):
        services.resend_opinion(opinion, by=officer)


def test_taking_back_twice_is_one_act(opinion, officer, commune):
    first = services.revoke_opinion(opinion, by=officer)

    second = services.revoke_opinion(opinion, by=make_officer(commune))

    assert (second.revoked_at, second.revoked_by) == (first.revoked_at, officer)


@pytest.mark.parametrize("person", ["clerk", "planner", "foreign_officer", "outsider"])
def test_only_the_office_asks(request, opinion, request_in_review, person):
    user = request.getfixturevalue(person)

    for act in (
        lambda: ask(request_in_review, user, question="Khác?"),
        lambda: services.revoke_opinion(opinion, by=user),
        lambda: services.resend_opinion(opinion, by=user),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_by_page_asked_sent_again_and_taken_back(request_in_review, officer):
    client, pk = Client(), request_in_review.pk
    client.force_login(officer)
    bad = client.post(reverse("casework:opinion-ask", args=[pk]), {"opinion-office": "x"}, follow=True)
    data = {f"opinion-{name}": value for name, value in ASKED.items()}
    asked = client.post(reverse("casework:opinion-ask", args=[pk]), data, follow=True)
    opinion = Opinion.objects.get()
    acts = [reverse("casework:opinion-act", args=[pk, opinion.pk, act]) for act in ("resend", "revoke", "burn")]

    statuses = [client.post(path).status_code for path in acts]

    opinion.refresh_from_db()
    assert "Thư điện tử của cơ quan" in text_of(bad)
    assert ASKED["office"] in text_of(asked)
    assert statuses == [302, 302, 404]
    assert opinion.revoked_by == officer


def test_the_cooperative_reads_nothing_of_opinions(opinion, clerk):
    answer_opinion(opinion, verdict="disagree", answer="Không hợp quy hoạch")
    client = Client()
    client.force_login(clerk)

    page = text_of(client.get(opinion.code_request.get_absolute_url()))

    assert ASKED["office"] not in page
    assert "Không hợp quy hoạch" not in page
    assert client.get(f"/api/v1/requests/{opinion.code_request_id}/opinions/").status_code == 404


def test_by_api_asked_read_and_taken_back(request_in_review, officer):
    client, path = Client(), f"/api/v1/requests/{request_in_review.pk}/opinions/"
    client.force_login(officer)

    made = client.post(path, ASKED, content_type="application/json")
    read = client.get(path).json()
    gone = client.delete(f"{path}{made.json()['id']}/")

    assert (made.status_code, gone.status_code) == (201, 200)
    assert [one["office"] for one in read] == [ASKED["office"]]
    assert "token" not in made.content.decode()
    assert gone.json()["revoked_at"] is not None
    assert client.post(path, ASKED | {"email": "x"}, content_type="application/json").status_code == 422
