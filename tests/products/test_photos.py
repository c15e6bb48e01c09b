"""Photos of producers: cleaned in the fence, ordered, hidden; served to everybody only while they are shown."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from cooperatives.models import Cooperative
from core.errors import NotAllowed, RuleViolated
from office.models import Document
from products import services
from products.models import ProducerPhoto
from products.services.photos import MAX_PHOTOS
from tests.factories.shops import make_photo, picture

pytestmark = pytest.mark.django_db
GPS, CAMERA = 0x8825, 0x0110


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def photo(cooperative):
    return make_photo(cooperative)


def body(response):
    """The whole content; the file behind it is closed."""
    if not response.streaming:
        return response.content
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:  # its own close() would also end the test's connection
        close()
    return content


def captions(cooperative):
    return list(cooperative.photos.values_list("caption", flat=True))


# --- Writes ---------------------------------------------------------------------------------------------------


def test_photo_is_written_anew_in_two_sizes_without_exif(cooperative, clerk):
    exif = Image.Exif()
    exif[CAMERA] = "Máy của bà Năm"
    exif.get_ifd(GPS)[2] = (10.0, 27.0, 0.0)

    made = services.add_photo(
        cooperative,
        image=picture(2_400, 1_200, exif=exif.tobytes()),
        caption=" Vườn  xoài ",
        has_consent=True,
        by=clerk,
    )

    assert (made.width, made.height, made.small_width, made.caption) == (1_600, 800, 640, "Vườn xoài")
    for document, size in ((made.document, (1_600, 800)), (made.small, (640, 320))):
        with document.file.open() as file, Image.open(io.BytesIO(file.read())) as found:
            assert (found.format, found.size, dict(found.getexif())) == ("JPEG", size, {})


def test_small_photo_is_not_blown_up(cooperative, clerk):
    made = services.add_photo(cooperative, image=picture(90, 300), caption="x", has_consent=True, by=clerk)

    assert (made.width, made.height, made.small_width) == (90, 300, 90)


@pytest.mark.parametrize(
    ("case", "fields", "code"),
    [
        ("no consent of the persons", {"has_consent": False}, "consent_missing"),
        ("no picture", {"image": b"<svg onload=alert(1)>"}, "photo_unreadable"),
    ],
)
def test_photo_that_is_refused(case, fields, code, cooperative, clerk):
    with pytest.raises(RuleViolated) as refused:
        services.add_photo(
            cooperative, **{"image": picture(), "caption": "x", "has_consent": True, "by": clerk} | fields
        )

    assert code in (refused.value.code, *(finding.code for finding in refused.value.findings))
    assert not Document.objects.exists()


def test_number_of_photos_is_limited(cooperative, clerk, photo):
    ProducerPhoto.objects.bulk_create(
        ProducerPhoto(cooperative=cooperative, document=photo.document, small=photo.small, width=3, height=2)
        for _number in range(MAX_PHOTOS - 1)
    )

    with pytest.raises(RuleViolated) as refused:
        services.add_photo(cooperative, image=picture(), caption="x", has_consent=True, by=clerk)

    assert [finding.code for finding in refused.value.findings] == ["too_many_photos"]


def test_photo_of_anothers_product_is_refused(cooperative, clerk, product_factory, neighbour, neighbour_clerk):
    foreign = product_factory(cooperative=neighbour, by=neighbour_clerk)

    with pytest.raises(RuleViolated) as refused:
        services.add_photo(cooperative, image=picture(), caption="x", product=foreign, has_consent=True, by=clerk)

    assert refused.value.findings[0].code == "foreign_product"


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "outsider", "officer", "anonymous"])
def test_others_change_no_photos(request, person, cooperative, photo):
    user = request.getfixturevalue(person)

    for act in (
        lambda: services.add_photo(cooperative, image=b"x", caption="x", has_consent=True, by=user),
        lambda: services.change_photo(photo, is_shown=False, by=user),
        lambda: services.move_photo(photo, by_places=1, by=user),
        lambda: services.remove_photo(photo, by=user),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_photos_are_put_in_order(cooperative, clerk):
    first, _second, third = (make_photo(cooperative, caption=name) for name in ("một", "hai", "ba"))

    services.move_photo(third, by_places=-1, by=clerk)
    assert captions(cooperative) == ["một", "ba", "hai"]
    services.move_photo(first, by_places=-1, by=clerk)
    assert captions(cooperative) == ["một", "ba", "hai"]
    services.move_photo(first, by_places=2, by=clerk)

    assert captions(cooperative) == ["ba", "hai", "một"]


def test_removed_photo_leaves_no_file(photo, clerk, settings, django_capture_on_commit_callbacks):
    kept = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]

    with django_capture_on_commit_callbacks(execute=True):
        services.remove_photo(photo, by=clerk)

    assert len(kept) == 2
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
    assert not Document.objects.exists()


# --- For everybody --------------------------------------------------------------------------------------------


def test_shown_photo_is_served_in_both_sizes_with_a_tag(client, cooperative, photo):
    large = client.get(f"/p/{cooperative.slug}/photos/{photo.pk}.jpg")
    small = client.get(f"/p/{cooperative.slug}/photos/{photo.pk}-640.jpg")

    assert (large.status_code, large["Content-Type"], large["Content-Disposition"]) == (200, "image/jpeg", "inline")
    assert large["Cache-Control"] == "public, max-age=60, must-revalidate"
    assert large["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in large["Content-Security-Policy"]
    assert len(body(large)) > len(body(small)) > 0
    assert large["ETag"] != small["ETag"]
    again = client.get(f"/p/{cooperative.slug}/photos/{photo.pk}.jpg", HTTP_IF_NONE_MATCH=large["ETag"])
    assert (again.status_code, body(again), again["ETag"]) == (304, b"", large["ETag"])


@pytest.mark.parametrize(
    "hide",
    [
        pytest.param(lambda photo: ProducerPhoto.objects.update(is_shown=False), id="hidden"),
        pytest.param(lambda photo: Cooperative.objects.update(status="returned"), id="not verified"),
        pytest.param(lambda photo: Cooperative.objects.update(kind="household"), id="household"),
        pytest.param(lambda photo: photo.product.__class__.objects.update(is_published=False), id="product hidden"),
    ],
)
def test_photo_that_is_not_shown_is_not_found(hide, client, cooperative, product):
    photo = make_photo(cooperative, product=product)
    paths = [f"/p/{cooperative.slug}/photos/{photo.pk}.jpg", f"/p/{cooperative.slug}/photos/{photo.pk}-640.jpg"]
    shown = client.get(paths[0])
    assert body(shown)

    hide(photo)

    tag = shown["ETag"]
    assert [client.get(path, HTTP_IF_NONE_MATCH=tag).status_code for path in paths] == [404, 404]


def test_photo_under_anothers_name_is_not_found(client, neighbour, photo):
    assert client.get(f"/p/{neighbour.slug}/photos/{photo.pk}.jpg").status_code == 404


def test_photo_whose_file_is_lost_is_an_answer(client, cooperative, photo):
    photo.document.file.delete(save=False)

    assert client.get(f"/p/{cooperative.slug}/photos/{photo.pk}.jpg").status_code in (302, 410)


def test_page_shows_photos_with_sizes_and_says_whose_consent(client, cooperative, product):
    make_photo(cooperative, caption="Bao trái")
    make_photo(cooperative, caption="Xoài chín", product=product)
    hidden = make_photo(cooperative, caption="Ảnh đang ẩn", is_shown=False)

    text = client.get(cooperative.get_absolute_url()).content.decode()

    assert 'alt="Bao trái"' in text
    assert 'alt="Xoài chín"' in text
    assert 'width="300"' in text
    assert "120w" in text or "300w" in text
    assert text.count('loading="lazy"') == 1  # the first is what the first screen shows
    assert "Chỉ đăng ảnh khi người có mặt trong ảnh đã đồng ý" in text
    assert "Ảnh đang ẩn" not in text
    assert f"/{hidden.pk}.jpg" not in text


# --- The cooperative's own page -------------------------------------------------------------------------------


def test_clerk_puts_up_a_photo(client, clerk, cooperative, product):
    client.force_login(clerk)
    sent = {
        "cooperative": cooperative.slug, "caption": "Đóng thùng", "product": product.pk, "has_consent": "on",
        "image": SimpleUploadedFile("a.png", picture(kind="PNG")),
    }  # fmt: skip

    answer = client.post(reverse("products:photo-new"), sent)

    photo = ProducerPhoto.objects.get()
    assert answer.status_code == 302
    assert (photo.caption, photo.product, photo.is_shown) == ("Đóng thùng", product, True)


@pytest.mark.parametrize(
    ("case", "change", "told"),
    [
        ("no tick", {"has_consent": ""}, "Hãy xác nhận người trong ảnh đã đồng ý"),
        ("no picture", {"image": SimpleUploadedFile("a.jpg", b"not a picture")}, "Không đọc được ảnh"),
        ("no caption", {"caption": ""}, "field--wrong"),
    ],
)
def test_photo_form_says_what_is_wrong(case, change, told, client, clerk, cooperative):
    client.force_login(clerk)
    sent = {
        "cooperative": cooperative.slug, "caption": "Vườn", "has_consent": "on",
        "image": SimpleUploadedFile("a.jpg", picture()),
    }  # fmt: skip

    page = client.post(reverse("products:photo-new"), sent | change)

    assert page.status_code == 422
    assert told in page.content.decode()
    assert not ProducerPhoto.objects.exists()


@pytest.mark.parametrize("act", ["hide", "show", "up", "down", "caption", "remove"])
def test_buttons_of_a_photo(act, client, clerk, cooperative, photo):
    client.force_login(clerk)

    answer = client.post(reverse("products:photo-change", args=[photo.pk]), {"do": act, "caption": "Mới"})

    assert answer.status_code == 302
    rows = list(ProducerPhoto.objects.values_list("is_shown", "caption"))
    expected = {"hide": (False, "Vườn xoài"), "caption": (True, "Mới")}.get(act, (True, "Vườn xoài"))
    assert rows == ([] if act == "remove" else [expected])


def test_hidden_photo_is_seen_by_its_own_people_only(client, clerk, neighbour_clerk, cooperative):
    photo = make_photo(cooperative, is_shown=False)
    path = reverse("products:own-photo", args=[photo.pk])

    client.force_login(clerk)
    own = client.get(path)
    client.force_login(neighbour_clerk)

    assert (own.status_code, own["Cache-Control"], body(own)[:2]) == (200, "private, no-store", b"\xff\xd8")
    assert client.get(path).status_code == 404
    assert client.post(reverse("products:photo-change", args=[photo.pk]), {"do": "show"}).status_code == 404


def test_profile_changes_the_story_and_owners_the_contact(client, clerk, owner, cooperative):
    Cooperative.objects.update(phone="0277 385 1234")
    url = reverse("products:profile")
    client.force_login(clerk)
    client.post(url, {"cooperative": cooperative.slug, "story": "Chuyện một", "has_public_contact": "on"})
    cooperative.refresh_from_db()
    assert (cooperative.story, cooperative.has_public_contact) == ("Chuyện một", False)

    client.force_login(owner)
    client.post(url, {"cooperative": cooperative.slug, "story": "Chuyện hai", "has_public_contact": "on"})

    cooperative.refresh_from_db()
    assert (cooperative.story, cooperative.has_public_contact) == ("Chuyện hai", True)


def test_contact_that_is_empty_is_not_published(client, owner, cooperative):
    client.force_login(owner)

    page = client.post(
        reverse("products:profile"), {"cooperative": cooperative.slug, "story": "", "has_public_contact": "on"}
    )

    assert page.status_code == 422
    assert "chưa ghi điện thoại" in page.content.decode()


def test_viewer_reads_the_profile_and_changes_nothing(client, viewer, cooperative, photo):
    client.force_login(viewer)
    url = reverse("products:profile")

    text = client.get(url).content.decode()
    sent = client.post(url, {"cooperative": cooperative.slug, "story": "Của tôi"})

    assert "Vườn xoài" in text
    assert "Đăng ảnh" not in text
    assert sent.status_code in (302, 403)
    cooperative.refresh_from_db()
    assert cooperative.story == ""


def test_preview_shows_the_page_before_it_is_public(client, clerk, cooperative, photo, outsider):
    Cooperative.objects.update(status="pending", story="Chuyện sắp kể")
    client.force_login(clerk)

    text = client.get(reverse("products:profile-preview")).content.decode()

    assert "Chuyện sắp kể" in text
    assert "sau khi cán bộ xác minh" in text
    assert reverse("products:own-photo", args=[photo.pk]) in text
    assert 'content="noindex' in text
    assert "application/ld+json" not in text
    assert "/enquiries/new/" not in text
    client.force_login(outsider)
    assert client.get(reverse("products:profile-preview")).status_code == 404
