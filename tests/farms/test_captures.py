"""Plots walked with a phone: stored exactly once, with what was measured; their photos."""

import datetime as dt
import io
import json
import threading
import uuid
import zlib
from struct import pack

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from core.errors import NotAllowed, RuleViolated, WrongState
from farms.models import Determination, OverlapCase, Plot, PlotPhoto, PlotStatus
from farms.services import PlotsOverlap, Walk, add_plot_photo, capture_plot
from farms.services.captures import MAX_PHOTOS, MAX_TRACK
from office.models import Notice
from tests.shapes import square, square_east_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/captures/"
GROUND = square(105.60, 10.42)
GOOD = Walk(accuracy_m=4.5, fixes=40)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def capture(cooperative, mango, clerk):
    """capture(**changes): a capture of the clerk's cooperative."""

    def capture(**changes):
        fields = {"capture_id": uuid.uuid4(), "boundary": GROUND, "walk": GOOD, "crop": mango, "by": clerk}
        return capture_plot(changes.pop("cooperative", cooperative), **(fields | changes))

    return capture


def picture(width=60, height=40, kind="JPEG", **options):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "green").save(file, kind, **options)
    return file.getvalue()


def photo_with_position():
    exif = Image.Exif()
    exif[0x010F] = "CANARYPHONE"  # Make
    exif.get_ifd(0x8825)[1] = "N"  # GPSLatitudeRef
    return picture(exif=exif.tobytes(), comment=b"CANARYCOMMENT")


def huge_png():
    """A PNG of 50,000 by 50,000 pixels in some hundred bytes (D21)."""

    def chunk(name, data):
        return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))

    head = pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


# --- The plot --------------------------------------------------------------------------------------------------


def test_a_capture_is_a_plot_that_says_how_it_was_found(capture, clerk, grower_factory, cooperative):
    start = timezone.now() - dt.timedelta(minutes=20)
    track = [[105.6, 10.42, 4.1, 0], [105.601, 10.42, 5.0, 90]]
    walk = Walk(4.5, 40, started_at=start, finished_at=start + dt.timedelta(minutes=9), track=track, device="Android")
    grower = grower_factory(cooperative=cooperative)

    plot = capture(ref="W-7", walk=walk, grower=grower, note="Mé sông")

    assert (plot.ref, plot.status, plot.determination) == ("W-7", PlotStatus.ACTIVE, Determination.DRIVEN)
    assert (plot.created_by, plot.grower, plot.note) == (clerk, grower, "Mé sông")
    assert plot.area_m2 == pytest.approx(10_000, rel=1e-3)
    assert plot.determined_on == timezone.localdate(walk.finished_at)
    kept = dict(plot.source)
    assert len(kept.pop("digest")) == 64
    assert kept == {
        "kind": "walk",
        "accuracy_m": 4.5,
        "fixes": 40,
        "started_at": walk.started_at.isoformat(),
        "finished_at": walk.finished_at.isoformat(),
        "device": "Android",
        "track": track,
    }


def test_a_clock_that_is_ahead_is_not_believed(capture):
    plot = capture(walk=Walk(4, 40, finished_at=timezone.now() + dt.timedelta(days=400)))

    assert plot.determined_on == timezone.localdate()


def test_sent_twice_it_is_one_plot(capture):
    key = uuid.uuid4()

    first, second = capture(capture_id=key), capture(capture_id=key)

    assert first == second
    assert Plot.objects.count() == 1


def test_the_same_again_is_known_after_the_plot_was_changed(capture, clerk):
    from farms.services import change_plot

    key = uuid.uuid4()
    plot = capture(capture_id=key, ref="A")
    change_plot(plot, by=clerk, ref="B", boundary=square(105.61, 10.43))

    assert capture(capture_id=key, ref="A").ref == "B"


@pytest.mark.parametrize(
    "changes",
    [{"ref": "other"}, {"boundary": square(105.60, 10.42, side_m=90)}, {"note": "x"}, {"walk": Walk(5, 40)}],
    ids=["number", "boundary", "note", "accuracy"],
)
def test_other_content_under_the_same_id_is_refused(capture, changes):
    key = uuid.uuid4()
    capture(capture_id=key)

    with pytest.raises(WrongState) as caught:
        capture(capture_id=key, **changes)

    assert (caught.value.status, caught.value.code) == (409, "capture_recorded_differently")


def test_an_id_of_somebody_else_is_refused_and_tells_nothing(capture, owner, neighbour, neighbour_clerk):
    key = uuid.uuid4()
    capture(capture_id=key, ref="SECRET-REF")

    for changes in ({"by": owner}, {"by": neighbour_clerk, "cooperative": neighbour}):
        with pytest.raises(WrongState) as caught:
            capture(capture_id=key, ref="SECRET-REF", **changes)
        assert caught.value.code == "capture_id_taken"
        assert "SECRET-REF" not in str(caught.value)


@pytest.mark.parametrize(("person", "allowed"), [("owner", True), ("helper", True), ("viewer", False)])
def test_who_may_capture(request, capture, person, allowed):
    user = request.getfixturevalue(person)

    if allowed:
        assert capture(by=user).created_by == user
    else:
        with pytest.raises(NotAllowed):
            capture(by=user)


@pytest.mark.parametrize(
    ("walk", "code"),
    [
        (Walk(15.01, 40), "gps_too_inaccurate"),
        (Walk(5, 3), "too_few_fixes"),
        (Walk(5, 40, determination=Determination.SURVEYED), "determination_not_captured"),
        (Walk(5, 40, track=[[105.6, 10.42, 4, 0]] * (MAX_TRACK + 1)), "track_too_long"),
    ],
    ids=["inaccurate", "few fixes", "surveyed", "long track"],
)
def test_a_walk_that_proves_nothing_is_refused(capture, walk, code):
    with pytest.raises(RuleViolated) as caught:
        capture(walk=walk)

    assert caught.value.code == code
    assert Plot.objects.count() == 0


def test_the_refusal_says_how_inaccurate_it_was_and_what_to_do(capture):
    with pytest.raises(RuleViolated) as caught:
        capture(walk=Walk(21.34, 40))

    assert "21.3 m" in str(caught.value) and "15 m" in str(caught.value)
    assert "đứng yên" in str(caught.value)


def test_fifteen_metres_are_still_good(capture):
    assert capture(walk=Walk(15, 4)).pk


def test_a_blank_number_is_given_by_us_and_never_twice(capture, plot_factory, mango):
    plot_factory(ref="GPS-2")

    refs = [capture(boundary=square(105.60 + 0.002 * step, 10.42)).ref for step in range(3)]

    assert refs == ["GPS-3", "GPS-4", "GPS-5"]


def test_a_number_that_was_typed_and_is_taken_is_refused(capture, plot_factory):
    plot_factory(ref="A1")

    with pytest.raises(RuleViolated) as caught:
        capture(ref="A1")

    assert caught.value.code == "ref_taken"


def test_ground_of_ones_own_is_refused_naming_the_neighbour(capture, plot_factory):
    plot_factory(ref="T-9", boundary=GROUND)

    with pytest.raises(PlotsOverlap) as caught:
        capture(ref="W")

    assert caught.value.status == 409
    assert "T-9" in str(caught.value)


def test_ground_of_another_holder_is_stored_in_conflict_and_told(
    capture, plot_factory, neighbour, neighbour_clerk, clerk, django_capture_on_commit_callbacks
):
    plot_factory(cooperative=neighbour, ref="N-1", boundary=GROUND)

    with django_capture_on_commit_callbacks(execute=True):
        plot = capture(boundary=square_east_of(GROUND, gap_m=-40))

    assert plot.status == PlotStatus.IN_CONFLICT
    assert OverlapCase.objects.open().count() == 1
    assert {notice.user for notice in Notice.objects.all()} >= {clerk, neighbour_clerk}


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_there_is_one(cooperative, mango, clerk):
    """The answer was slow, the phone sent again: both arrive together."""
    key, together, found = uuid.uuid4(), threading.Barrier(4), []

    def send():
        together.wait()
        try:
            plot = capture_plot(cooperative, capture_id=key, boundary=GROUND, walk=GOOD, crop=mango, by=clerk)
            found.append(plot.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4 and len(set(found)) == 1
    assert Plot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_numbers_of_ours_given_at_once_differ(cooperative, mango, clerk):
    together, refs = threading.Barrier(4), []

    def send(step):
        together.wait()
        try:
            ground = square(105.60 + 0.002 * step, 10.42)
            plot = capture_plot(cooperative, capture_id=uuid.uuid4(), boundary=ground, walk=GOOD, crop=mango, by=clerk)
            refs.append(plot.ref)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(step,)) for step in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(refs) == ["GPS-1", "GPS-2", "GPS-3", "GPS-4"]


# --- Photos ----------------------------------------------------------------------------------------------------


def test_a_photo_loses_what_the_phone_wrote_into_it(plot, clerk):
    raw = photo_with_position()
    assert b"CANARYPHONE" in raw

    photo = add_plot_photo(plot, image=raw, by=clerk, caption="Góc ruộng")
    with photo.document.file.open("rb") as file:
        stored = file.read()

    assert b"CANARY" not in stored
    with Image.open(io.BytesIO(stored)) as shown:
        assert (shown.format, dict(shown.getexif())) == ("JPEG", {})


def test_a_photo_sent_twice_is_one(plot, clerk):
    key = uuid.uuid4()

    first = add_plot_photo(plot, image=picture(), client_id=key, by=clerk)

    assert add_plot_photo(plot, image=picture(), client_id=key, by=clerk) == first
    assert PlotPhoto.objects.count() == 1


def test_an_id_of_another_plots_photo_is_refused(plot, plot_factory, clerk):
    key = uuid.uuid4()
    add_plot_photo(plot, image=picture(), client_id=key, by=clerk)

    with pytest.raises(WrongState) as caught:
        add_plot_photo(plot_factory(), image=picture(), client_id=key, by=clerk)

    assert caught.value.code == "client_id_taken"


def test_the_eleventh_photo_is_refused(plot, clerk, monkeypatch):
    monkeypatch.setattr("farms.services.captures.clean_photo", lambda raw: raw)  # ten processes would only take time
    for _turn in range(MAX_PHOTOS):
        add_plot_photo(plot, image=picture(), by=clerk)

    with pytest.raises(RuleViolated) as caught:
        add_plot_photo(plot, image=picture(), by=clerk)

    assert caught.value.code == "too_many_photos"


def test_strangers_and_viewers_add_no_photo(plot, viewer, neighbour_clerk):
    for person in (viewer, neighbour_clerk):
        with pytest.raises(NotAllowed):
            add_plot_photo(plot, image=picture(), by=person)


def test_photos_are_never_changed(plot, clerk):
    from django.db.utils import InternalError, ProgrammingError

    add_plot_photo(plot, image=picture(), by=clerk)

    with pytest.raises((InternalError, ProgrammingError)):
        PlotPhoto.objects.update(caption="x")


# --- API ---------------------------------------------------------------------------------------------------------


def body(**changes):
    ring = [list(point) for point in GROUND.coords[0][0][:-1]]  # open: the server closes it
    base = {
        "capture_id": str(uuid.uuid4()),
        "cooperative": "htx-cua-toi",
        "crop": "xoai",
        "ring": ring,
        "accuracy_m": 4.2,
        "fixes": 30,
        "track": [[105.6, 10.42, 4.2, 0]],
        "started_at": "2026-08-01T08:00:00+07:00",
        "finished_at": "2026-08-01T08:12:00+07:00",
    }
    return base | changes


@pytest.fixture
def as_clerk(client, clerk, mango):
    client.force_login(clerk)
    return client


def send(client, document):
    return client.post(ADDRESS, json.dumps(document), content_type="application/json")


def send_photo(client, capture_id, raw=None, **fields):
    data = {"client_id": str(uuid.uuid4())} | fields
    if raw is not None:
        data["photo"] = SimpleUploadedFile("a.jpg", raw, "image/jpeg")
    return client.post(f"{ADDRESS}{capture_id}/photos/", data)


def codes_of(answer):
    document = answer.json()
    return {document["code"], *(finding["code"] for finding in document.get("errors", []))}


def test_api_closes_the_ring_and_answers_the_same_each_time(as_clerk):
    document = body()

    first, second = send(as_clerk, document), send(as_clerk, document)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    plot = Plot.objects.get()
    assert first.json() == {
        "id": plot.pk,
        "capture_id": document["capture_id"],
        "ref": "GPS-1",
        "status": "active",
        "area_ha": pytest.approx(1, rel=1e-3),
        "notice": "",
        "url": f"/coop/plots/{plot.pk}/",
    }
    assert plot.boundary.equals_exact(GROUND, 1e-9)
    assert plot.determined_on == dt.date(2026, 8, 1)


def test_api_says_that_it_was_stored_in_conflict(as_clerk, plot_factory, neighbour):
    plot_factory(cooperative=neighbour, ref="N-1", boundary=GROUND)

    answer = send(as_clerk, body())

    assert (answer.status_code, answer.json()["status"]) == (201, "in_conflict")
    assert "chồng lên đất của đơn vị khác" in answer.json()["notice"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"accuracy_m": 22}, 422, "gps_too_inaccurate"),
        ({"fixes": 3}, 422, "too_few_fixes"),
        ({"ring": [[105.6, 10.4], [105.601, 10.4]]}, 422, "corners_too_few"),
        ({"ring": [[105.6, 10.4], [105.6000001, 10.4], [105.6, 10.4000001]]}, 422, "bad_geometry"),
        ({"ring": [[105.6, 10.4], [105.601, 10.401], [105.601, 10.4], [105.6, 10.401]]}, 422, "bad_geometry"),
        ({"ring": [["105.6", 10.4], [105.601, 10.401], [105.601, 10.4]]}, 422, "bad_geometry"),
        ({"ring": [[2.35, 48.85], [2.36, 48.85], [2.36, 48.86]]}, 422, "bad_geometry"),
        ({"ring": "x"}, 400, "not_a_list"),
        ({"grower": "999"}, 422, "unknown_grower"),
        ({"cooperative": "htx-lang-gieng"}, 422, "does_not_exist"),
        ({"determination": "surveyed"}, 422, "invalid_choice"),
        ({"capture_id": "7"}, 422, "invalid"),
        ({"status": "active"}, 422, "unknown_field"),
        ({"accuracy_m": "nan"}, 422, "invalid"),
    ],
    ids=[
        "bad GPS", "few fixes", "two corners", "below a square metre", "crossing", "text as number", "in France",
        "no ring", "unknown grower", "other cooperative", "determination", "id", "mass assignment", "not a number",
    ],
)  # fmt: skip
def test_api_says_what_is_wrong(as_clerk, neighbour, changes, status, code):
    answer = send(as_clerk, body(**changes))

    assert answer.status_code == status, answer.content
    assert code in codes_of(answer), answer.content
    assert Plot.objects.count() == 0


def test_api_points_at_the_position_that_is_wrong(as_clerk):
    ring = [[105.6, 10.42], [105.601, 10.42], [2.35, 48.85], [105.6, 10.421]]

    answer = send(as_clerk, body(ring=ring))

    assert [finding["pointer"] for finding in answer.json()["errors"]] == ["/ring/2"]


def test_api_refuses_other_content_and_other_users(as_clerk, client, owner):
    document = body()
    send(as_clerk, document)

    other = send(as_clerk, document | {"note": "khác"})
    client.force_login(owner)
    foreign = send(client, document)

    assert (other.status_code, other.json()["code"]) == (409, "capture_recorded_differently")
    assert (foreign.status_code, foreign.json()["code"]) == (409, "capture_id_taken")
    assert Plot.objects.count() == 1


def test_api_is_for_those_who_enter_data(client, viewer, officer, mango):
    assert send(client, body()).status_code == 401
    for person, status in ((viewer, 403), (officer, 422)):
        client.force_login(person)
        assert send(client, body()).status_code == status


def test_api_takes_a_photo_once(as_clerk):
    document, key = body(), str(uuid.uuid4())
    send(as_clerk, document)

    first, second = (send_photo(as_clerk, document["capture_id"], picture(), client_id=key) for _turn in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert PlotPhoto.objects.get().plot == Plot.objects.get()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (huge_png(), "photo_too_large"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "photo_unreadable"),
        (b"GIF89a\x01\x00\x01\x00", "photo_unreadable"),
        (b"\xff" * (9 * 1024 * 1024 + 1), "photo_too_large"),
    ],
    ids=["50k by 50k", "SVG", "GIF", "too many bytes"],
)
def test_api_refuses_what_is_no_photo(as_clerk, raw, code):
    """D21."""
    document = body()
    send(as_clerk, document)

    answer = send_photo(as_clerk, document["capture_id"], raw)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert PlotPhoto.objects.count() == 0


def test_api_strips_the_position_of_a_photo(as_clerk):
    """D21."""
    document = body()
    send(as_clerk, document)
    send_photo(as_clerk, document["capture_id"], photo_with_position())
    photo = PlotPhoto.objects.get()

    answer = as_clerk.get(reverse("farms:plot-photo", args=[photo.plot_id, photo.pk]))
    shown = b"".join(answer.streaming_content)

    assert (answer["Content-Type"], answer["Content-Disposition"]) == ("image/jpeg", "inline")
    assert b"CANARY" not in shown and shown[:2] == b"\xff\xd8"


def test_api_photo_without_its_parts_or_its_plot(as_clerk, client, owner):
    document = body()
    send(as_clerk, document)

    assert send_photo(as_clerk, document["capture_id"]).status_code == 422
    assert send_photo(as_clerk, document["capture_id"], picture(), client_id="x").status_code == 422
    assert send_photo(as_clerk, uuid.uuid4(), picture()).status_code == 404
    client.force_login(owner)
    assert send_photo(client, document["capture_id"], picture()).status_code == 404  # not one's own capture
    assert PlotPhoto.objects.count() == 0


# --- Pages -------------------------------------------------------------------------------------------------------


def test_the_page_holds_numbers_of_growers_and_no_names(as_clerk, cooperative, grower_factory):
    grower = grower_factory(cooperative=cooperative, number="17")

    page = as_clerk.get(reverse("farms:plot-capture")).content.decode()

    assert '"growers": ["17"]' in page
    assert grower.person.full_name not in page


def test_the_page_lists_only_holders_one_enters_data_for(client, viewer, as_clerk):
    assert "htx-cua-toi" in as_clerk.get(reverse("farms:plot-capture")).content.decode()
    client.force_login(viewer)
    assert '"cooperatives": []' in client.get(reverse("farms:plot-capture")).content.decode()


@pytest.mark.parametrize(
    ("person", "status"),
    [("clerk", 200), ("viewer", 200), ("officer", 200), ("neighbour_clerk", 404), ("outsider", 404)],
)
def test_who_sees_a_photo(request, client, plot, clerk, person, status):
    photo = add_plot_photo(plot, image=picture(), by=clerk, caption="Góc phía tây")
    client.force_login(request.getfixturevalue(person))

    answer = client.get(reverse("farms:plot-photo", args=[plot.pk, photo.pk]))
    answer.close()

    assert answer.status_code == status


def test_the_plots_page_shows_its_photos(client, plot, clerk):
    photo = add_plot_photo(plot, image=picture(), by=clerk, caption="Góc phía tây")
    client.force_login(clerk)

    page = client.get(plot.get_absolute_url()).content.decode()

    assert f'src="{reverse("farms:plot-photo", args=[plot.pk, photo.pk])}"' in page
    assert "Góc phía tây" in page
