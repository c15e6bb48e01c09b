"""Those who press at once, with real transactions: two commits of lists of members, links of invitations, owners."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.db import connections

from cooperatives import services
from cooperatives.models import Cooperative, Grower, GrowerImport, MemberRole, Membership
from core.errors import DomainError
from office.models import Job
from office.services import deliver_outbox, run_job
from people.models import Person
from tests.cooperatives.lists import many, row, xlsx_list
from tests.factories.cooperatives import make_membership
from tests.people import make_officer, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def at_once(*works):
    """Run the callables in threads that start together; return what they return, or the code of their refusal."""
    gate = Barrier(len(works))

    def run(work):
        try:
            gate.wait(10)
            return work()
        except DomainError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def read(cooperative, rows, by, name):
    started = services.start_grower_import(cooperative, xlsx_list(rows, name=name), by=by)
    run_job(started.job_id)
    return GrowerImport.objects.get(pk=started.pk)


@pytest.mark.parametrize("turn", range(3))
def test_a_list_confirmed_twice_at_once_is_stored_once(turn, cooperative, clerk, owner):
    found = read(cooperative, many(30), clerk, "a.xlsx")

    pressed = at_once(*(lambda by=by: services.commit_grower_import(found, by=by) for by in (clerk, owner)))

    jobs = [one for one in pressed if isinstance(one, Job)]
    assert len(jobs) == 1
    assert "import_not_open" in pressed
    at_once(*(lambda: run_job(jobs[0].pk) for _worker in range(2)))  # delivered twice
    assert (Grower.objects.count(), Person.objects.count()) == (30, 30)


@pytest.mark.parametrize("turn", range(3))
def test_two_lists_with_the_same_people_at_once_leave_each_once(turn, cooperative, clerk, owner):
    """The second one finds that its preview is no longer true, and stores nothing."""
    rows = [row(name=f"Lê Hoà {n}", phone=f"09{n:08d}", id=f"07{n:010d}") for n in range(20)]
    lists = [read(cooperative, rows, clerk, "a.xlsx"), read(cooperative, [*rows, row(name="Thêm")], owner, "b.xlsx")]
    jobs = [services.commit_grower_import(found, by=found.created_by) for found in lists]

    done = at_once(*(lambda job=job: run_job(job.pk) for job in jobs))

    assert sorted(job.status for job in done) == ["done", "failed"]
    assert {job.error_code for job in done} == {"", "changed_since_preview"}
    stored = next(job for job in done if job.status == "done").result["stored"]["added"]
    assert (Grower.objects.count(), Person.objects.count()) == (stored, stored)


@pytest.mark.parametrize("turn", range(3))
def test_the_same_person_in_lists_of_two_cooperatives_at_once(turn, cooperative, neighbour, clerk, neighbour_clerk):
    """The identity number stands once in the system; the other list stores nothing, and says so."""
    rows = [row(name="Lê Hoà", id="012345678901"), row(name="Trần Thị Bé")]
    lists = [read(cooperative, rows, clerk, "a.xlsx"), read(neighbour, rows, neighbour_clerk, "b.xlsx")]
    jobs = [services.commit_grower_import(found, by=found.created_by) for found in lists]

    done = at_once(*(lambda job=job: run_job(job.pk) for job in jobs))

    assert sorted(job.error_code for job in done) == ["", "changed_since_preview"]
    assert Person.objects.exclude(id_number_digest="").count() == 1
    assert Grower.objects.count() == 2


@pytest.mark.parametrize("turn", range(3))
def test_two_corrections_of_one_member_at_once_both_hold(turn, cooperative, clerk, owner, grower_factory):
    member = grower_factory(cooperative=cooperative)

    at_once(
        lambda: services.change_grower(member, by=clerk, phone="0912345678"),
        lambda: services.change_grower(member, by=owner, birth_year=1971),
    )

    member.person.refresh_from_db()
    assert (member.person.phone, member.person.birth_year) == ("0912345678", 1971)


@pytest.mark.parametrize("turn", range(3))
def test_a_registration_corrected_and_decided_at_once(turn, cooperative, owner, province, unit_factory):
    """Whoever comes second sees what the first one did; neither falls over it, and the proof stays."""
    Cooperative.objects.filter(pk=cooperative.pk).update(status="pending")
    proof = ContentFile(b"%PDF-1.7\n%%EOF\n", name="giay.pdf")
    verifier, other = make_officer(province), unit_factory(parent=province)

    got = at_once(
        lambda: services.correct_registration(cooperative, by=owner, commune=other, proof=proof),
        lambda: services.correct_registration(cooperative, by=owner, address="Ấp Hai"),
        lambda: services.verify_cooperative(cooperative, by=verifier),
    )

    cooperative.refresh_from_db()
    assert cooperative.status == "verified"
    assert {one for one in got if isinstance(one, str)} <= {"registration_verified"}
    if not isinstance(got[0], str):
        assert (cooperative.commune, cooperative.proof is not None) == (other, True)
    if not isinstance(got[1], str):
        assert cooperative.address == "Ấp Hai"


def token_of(cooperative, owner, role=MemberRole.CLERK):
    services.invite(cooperative, email="moi@example.invalid", role=role, by=owner)
    deliver_outbox()
    return mail.outbox[-1].body.split("/invitations/")[1].split("/")[0]


@pytest.mark.parametrize("turn", range(3))
def test_a_link_used_by_two_at_once_lets_one_in(turn, cooperative, owner):
    token = token_of(cooperative, owner)
    people = [make_user(), make_user()]

    got = at_once(*(lambda by=by: services.accept_invitation(token, by=by) for by in people))

    assert sum(isinstance(one, Membership) for one in got) == 1
    assert "invitation_closed" in got
    assert Membership.objects.filter(user__in=people).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_two_owners_who_leave_at_once_do_not_both_go(turn, cooperative, owner):
    other = make_membership(cooperative, make_user(), MemberRole.OWNER)
    mine = Membership.objects.get(cooperative=cooperative, user=owner)

    got = at_once(
        lambda: services.remove_member(mine, by=owner), lambda: services.change_role(other, "clerk", by=other.user)
    )

    assert "last_owner" in got
    assert cooperative.memberships.filter(role=MemberRole.OWNER).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_an_invitation_accepted_while_one_becomes_owner_takes_nothing_away(turn, cooperative, owner):
    """The invited clerk is made owner and the old owner goes, at the moment at which the old link is opened."""
    member = make_membership(cooperative, make_user(), MemberRole.CLERK)
    token = token_of(cooperative, owner, MemberRole.VIEWER)

    def hand_over():
        services.change_role(member, MemberRole.OWNER, by=owner)
        services.remove_member(Membership.objects.get(cooperative=cooperative, user=owner), by=owner)

    at_once(hand_over, lambda: services.accept_invitation(token, by=member.user))

    assert cooperative.memberships.filter(role=MemberRole.OWNER).exists()
