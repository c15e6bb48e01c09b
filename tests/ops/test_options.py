"""PORT, BIND, DEMO, .env: what is taken, what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops import options, places
from ops.places import Places
from ops.shell import Refused


@pytest.fixture
def here(tmp_path: Path) -> Places:
    (tmp_path / ".env.example").write_text((places.CHECKOUT / ".env.example").read_text())
    return Places(tmp_path, tmp_path, tmp_path / "var", None, None)


def test_nothing_said_means_loopback_and_the_private_cluster(here):
    chosen = options.read(here, {})

    assert (chosen.address, chosen.public_url) == ("127.0.0.1:8000", "http://127.0.0.1:8000")
    assert (chosen.demo, chosen.database_url) == (None, None)


def test_shell_wins_over_env_file(here):
    (here.checkout / ".env").write_text("PORT=9000\nPROVINCE_CODE=86\n")

    chosen = options.read(here, {"PORT": "9001", "UNRELATED": "x"})

    assert chosen.port == 9001
    assert chosen.settings == {"PROVINCE_CODE": "86"}


@pytest.mark.parametrize(
    ("case", "environment", "told"),
    [
        ("port too large", {"PORT": "65536"}, "PORT=65536"),
        ("port a word", {"PORT": "http"}, "PORT=http"),
        ("bind a name", {"BIND": "example"}, "BIND=example"),
        ("demo maybe", {"DEMO": "maybe"}, "DEMO=maybe"),
    ],
)
def test_senseless_option_is_refused_by_name(case, environment, told, here):
    with pytest.raises(Refused, match=told):
        options.read(here, environment)


def test_unknown_setting_in_env_file_is_refused(here):
    (here.checkout / ".env").write_text("PROVINZ=86\n")

    with pytest.raises(Refused, match="PROVINZ"):
        options.read(here, {})


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1"])
def test_demo_is_refused_on_an_address_that_others_can_reach(bind, here):
    chosen = options.read(here, {"BIND": bind})

    with pytest.raises(Refused, match="demo"):
        options.refuse_public_demo(chosen, demo=True)

    options.refuse_public_demo(chosen, demo=False)


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_demo_is_fine_on_loopback(bind, here):
    chosen = options.read(here, {"BIND": bind})

    options.refuse_public_demo(chosen, demo=True)

    assert options.is_loopback(chosen.bind)


def test_host_of_the_public_address_is_allowed(here):
    chosen = options.read(here, {"PUBLIC_URL": "https://vungtrong.example/"})

    assert options.allowed_hosts(chosen).split(",")[-1] == "vungtrong.example"
    assert options.allowed_hosts(replace(chosen, settings={"ALLOWED_HOSTS": "a.example"})) == "a.example"


def test_every_setting_of_the_app_is_in_the_example():
    import re

    text = (places.CHECKOUT / "geoapp" / "settings.py").read_text()
    read = set(re.findall(r"""\benv(?:\.\w+)?\(\s*"([A-Z_]+)\"""", text)) - {"STATE_DIR", "DATABASE_ROLE"}

    assert read <= options.setting_names(places.CHECKOUT / ".env.example")
