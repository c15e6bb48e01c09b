"""What works without signal: the worker, the shells, the session for the outbox, the manifest of the app."""

import json
import re
import struct
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve, reverse

from office import offline
from office.offline import kept_files, offline_pages

pytestmark = pytest.mark.django_db
PAGES = [page.page for page in offline_pages()]


@pytest.fixture(autouse=True)
def worked_out_anew():
    offline._settled.cache_clear()
    yield
    offline._settled.cache_clear()


@pytest.fixture
def signed_in(officer):
    client = Client()
    client.force_login(officer)
    return client


def settled(client):
    """What stands before the worker's text."""
    first = client.get("/sw.js").content.decode().split("\n")[0]
    return json.loads(re.fullmatch(r"self\.OFFLINE = (.+);", first)[1])


def page_named(name):
    return next(page for page in offline_pages() if page.page == name)


def without_nonce(response):
    return re.sub(r'nonce="[^"]+"', "", response.content.decode())


def test_the_worker_keeps_only_shells_and_static_files(client):
    answer = client.get("/sw.js")
    kept = settled(client)

    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/javascript; charset=utf-8", "no-cache")
    assert kept["pages"] == {reverse(page.page): reverse(page.shell_url) for page in offline_pages()}
    assert all(path.startswith("/static/") for path in kept["files"])
    assert not any("api" in path for path in (*kept["pages"], *kept["pages"].values()))


def test_every_kept_file_is_there(client):
    assert [name for name in kept_files() if finders.find(name) is None] == []


def test_the_version_is_steady_and_changes_with_a_word_of_a_shell(client, monkeypatch):
    first = settled(client)["version"]
    offline._settled.cache_clear()

    again = settled(client)["version"]
    offline._settled.cache_clear()
    monkeypatch.setattr(offline, "render_to_string", lambda *_args: "an other word")
    changed = settled(client)["version"]

    assert again == first
    assert changed != first


def test_the_version_is_another_for_another_language(client):
    vietnamese = settled(client)["version"]
    client.cookies["lang"] = "en"

    assert settled(client)["version"] != vietnamese


@pytest.mark.parametrize("name", PAGES)
def test_a_shell_is_the_same_for_everybody_and_knows_nobody(client, signed_in, officer, name):
    path = reverse(page_named(name).shell_url)
    signed_in.post(reverse("office:preferences"), {"language": "vi", "by_mail": "on"})  # leaves a message to be shown

    mine, nobodys = signed_in.get(path), client.get(path)

    assert mine.status_code == nobodys.status_code == 200
    assert without_nonce(mine) == without_nonce(nobodys)
    assert officer.username not in without_nonce(mine) and "csrfmiddlewaretoken" not in without_nonce(mine)
    assert "Đã lưu cách nhận thông báo" in signed_in.get(reverse("office:notice-list")).content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_what_a_shell_loads_is_kept(client, name):
    kept = settled(client)["files"]
    page = client.get(reverse(page_named(name).shell_url)).content.decode()
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert len(loaded) > 8
    assert [path for path in loaded if path not in kept] == []


def test_modules_import_only_what_is_kept(settings):
    root = Path(settings.BASE_DIR) / "static"
    scripts = [root / name for name in kept_files() if name.startswith("js/")]
    imported = {
        (script.parent / target).resolve().relative_to(root).as_posix()
        for script in scripts
        for target in re.findall(r'from "([^"]+)"', script.read_text())
    }

    assert imported
    assert imported <= set(kept_files())


def test_the_session_says_who_sends(client, signed_in, officer):
    path = reverse("office:outbox-session")

    answer = signed_in.get(path)

    assert client.get(path).json() == {"user": "", "csrf_token": ""}
    assert answer.json()["user"] == str(officer.pk)
    assert answer.json()["csrf_token"]
    assert "no-store" in answer["Cache-Control"]


# --- An app of the phone --------------------------------------------------------------------------------------


def size_of(png):
    """Width and height as the header of a PNG says."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_the_manifest_has_what_installing_needs(client):
    answer = client.get("/manifest.webmanifest")
    app = answer.json()

    assert answer["Content-Type"] == "application/manifest+json"
    assert (app["display"], app["scope"], app["start_url"]) == ("standalone", "/", "/")
    assert app["short_name"] == "Vùng Trồng" and app["lang"] == "vi"
    assert {(icon["sizes"], icon["purpose"]) for icon in app["icons"]} == {
        (size, use) for size in ("192x192", "512x512") for use in ("any", "maskable")
    }
    assert '<link rel="manifest" href="/manifest.webmanifest">' in client.get("/accounts/login/").content.decode()


def test_the_icons_are_there_in_the_size_that_is_told(client):
    for icon in client.get("/manifest.webmanifest").json()["icons"]:
        found = finders.find(icon["src"].removeprefix("/static/"))
        assert found, icon["src"]
        assert "x".join(map(str, size_of(Path(found).read_bytes()))) == icon["sizes"]


def test_a_maskable_icon_fills_its_square():
    from PIL import Image

    with Image.open(finders.find("img/icon-maskable-512.png")) as icon:
        corners = [icon.convert("RGBA").getpixel(at) for at in ((0, 0), (511, 0), (0, 511), (511, 511))]

    assert set(corners) == {(18, 64, 47, 255)}


def test_shortcuts_lead_to_pages(client):
    shortcuts = client.get("/manifest.webmanifest").json()["shortcuts"]

    assert [shortcut["name"] for shortcut in shortcuts] == [str(page.title) for page in offline_pages() if page.title]
    assert all(resolve(shortcut["url"]) for shortcut in shortcuts)
