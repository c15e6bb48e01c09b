"""The same write sent twice is done once."""

import threading

import pytest
from django.db import connection, connections
from django.http import HttpResponse

from core.errors import BadInput, RuleViolated
from office.idempotency import answer_once, once, step_once
from office.models import IdempotencyKey, Notice
from office.services import notify

pytestmark = pytest.mark.django_db


def test_second_call_gets_the_first_answer(outsider):
    calls = []

    def work():
        calls.append(1)
        return {"id": len(calls)}

    answers = [once("k1", user=outsider, purpose="p", body={"a": 1, "b": 2}, work=work) for _turn in "ab"]

    assert answers == [({"id": 1}, True), ({"id": 1}, False)]
    assert calls == [1]


def test_same_key_other_body_is_refused(outsider):
    once("k1", user=outsider, purpose="p", body={"a": 1}, work=dict)

    with pytest.raises(RuleViolated, match="nội dung khác"):
        once("k1", user=outsider, purpose="p", body={"a": 2}, work=dict)


def test_keys_of_two_users_do_not_meet(outsider, user_factory):
    once("k1", user=outsider, purpose="p", body={}, work=lambda: {"of": "a"})

    answer = once("k1", user=user_factory(), purpose="p", body={}, work=lambda: {"of": "b"})

    assert answer == ({"of": "b"}, True)


def test_failed_work_may_be_tried_again(outsider):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once("k1", user=outsider, purpose="p", body={}, work=fail)

    assert not IdempotencyKey.objects.exists()
    assert once("k1", user=outsider, purpose="p", body={}, work=dict) == ({}, True)


@pytest.mark.parametrize("key", ["", "x" * 81, "a b", "khóa"])
def test_bad_key_is_refused(outsider, key):
    with pytest.raises(BadInput):
        once(key, user=outsider, purpose="p", body={}, work=dict)


def test_http_answer_is_kept_with_its_headers(rf, outsider):
    def work():
        return HttpResponse('{"id":1}', status=201, headers={"Location": "/x/1", "ETag": '"e"'})

    answers = []
    for _turn in range(2):
        request = rf.post("/api/v1/plots/", HTTP_IDEMPOTENCY_KEY="abc")
        request.user = outsider
        answers.append(answer_once(request, purpose="p", body={}, work=work))

    assert [(answer.status_code, answer.content, answer["Location"]) for answer in answers] == [
        (201, b'{"id":1}', "/x/1")
    ] * 2
    assert answers[1]["Idempotency-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_once_do_the_work_once(outsider):
    barrier, answers = threading.Barrier(2), []

    def call():
        barrier.wait(5)
        try:
            answers.append(
                once("k", user=outsider, purpose="p", body={}, work=lambda: {"n": len(notify(outsider, "t", "x"))})
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _turn in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sorted(is_new for _answer, is_new in answers) == [False, True]
    assert Notice.objects.count() == 1
    assert connection.vendor == "postgresql"


def test_step_is_taken_once_and_answered_as_things_stand(rf, outsider):
    taken = []

    def send(body):
        request = rf.post("/", HTTP_IDEMPOTENCY_KEY="k1")
        request.user = outsider
        return step_once(
            request,
            purpose="step",
            body=body,
            work=lambda: taken.append(1),
            answer=lambda: HttpResponse(str(len(taken))),
        )

    first, second = send({}), send({})

    assert (first.content, second.content, taken) == (b"1", b"1", [1])
    assert (first.has_header("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (False, "true")
    with pytest.raises(RuleViolated, match="nội dung khác"):
        send({"other": 1})


def test_failed_step_may_be_taken_again(rf, outsider):
    request = rf.post("/", HTTP_IDEMPOTENCY_KEY="k1")
    request.user = outsider

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step_once(request, purpose="step", body={}, work=fail, answer=HttpResponse)

    assert not IdempotencyKey.objects.exists()


def test_step_without_a_key_is_just_taken(rf, outsider):
    request = rf.post("/")
    request.user = outsider

    answer = step_once(request, purpose="step", body={}, work=lambda: None, answer=lambda: HttpResponse("done"))

    assert answer.content == b"done"
    assert not IdempotencyKey.objects.exists()
