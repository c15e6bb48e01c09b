"""When the demo goes in, and what a copy of the code holds."""

import subprocess
from pathlib import Path

import pytest

from ops import copying, installation, options, places
from ops.options import Options
from ops.places import Places


@pytest.fixture
def here(tmp_path: Path) -> Places:
    (tmp_path / ".env.example").write_text((places.CHECKOUT / ".env.example").read_text())
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    return Places(tmp_path, tmp_path, tmp_path / "var", None, None)


def chosen(here: Places, **environment: str) -> Options:
    return options.read(here, environment)


OWN_DATABASE = "postgis://u:p@127.0.0.1:5432/theirs"


@pytest.mark.parametrize(
    ("case", "environment", "loaded", "accounts", "wanted"),
    [
        ("fresh private cluster", {}, False, False, True),
        ("fresh, but refused", {"DEMO": "0"}, False, False, False),
        ("loaded before", {}, True, True, False),
        ("taken out again", {}, True, False, False),
        ("taken out, asked for again", {"DEMO": "1"}, True, False, True),
        ("asked for, but there", {"DEMO": "1"}, True, True, False),
        ("database of the user", {"DATABASE_URL": OWN_DATABASE}, False, False, False),
        ("database of the user, asked for", {"DATABASE_URL": OWN_DATABASE, "DEMO": "1"}, False, False, True),
    ],
)
def test_when_demo_data_goes_in(case, environment, loaded, accounts, wanted, here):
    given = chosen(here, **environment)
    if loaded:
        installation.demo_stamp(here, given).touch()
    if accounts:
        installation.accounts_file(here).touch()

    assert installation.wants_demo(here, given) is wanted


def test_demo_of_the_private_cluster_is_not_taken_for_one_of_another_database(here):
    installation.demo_stamp(here, chosen(here)).touch()
    installation.accounts_file(here).touch()

    assert installation.has_demo(here, chosen(here))
    assert not installation.has_demo(here, chosen(here, DATABASE_URL=OWN_DATABASE))


def test_written_settings_keep_the_keys_and_hide_the_owner_from_the_service(here):
    urls = {"DATABASE_URL": "a", "DATABASE_OWNER_URL": "o", "DATABASE_WORKER_URL": "w"}
    installation.write_settings(here, chosen(here), urls, demo=True)
    first = installation.envfile.read(here.state / "env")

    installation.write_settings(here, chosen(here, PORT="9000"), urls, demo=False)
    second = installation.envfile.read(here.state / "env")

    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert (first["DEMO"], second["DEMO"]) == ("1", "0")
    assert second["PUBLIC_URL"] == "http://127.0.0.1:9000"
    assert second["DATABASE_OWNER_URL"] == "o"
    assert "DATABASE_OWNER_URL" not in installation.envfile.read(here.state / "service.env")


def test_copy_of_the_code_holds_what_git_knows_and_forgets_what_is_gone(tmp_path):
    checkout, code = tmp_path / "checkout", tmp_path / "app"
    checkout.mkdir()
    (checkout / ".gitignore").write_text("secret\n")
    for name in ("kept.py", "gone.py", "secret"):
        (checkout / name).write_text(name)
    subprocess.run(["git", "init", "-q", checkout], check=True)
    subprocess.run(["git", "-C", checkout, "add", "kept.py", "gone.py"], check=True)
    target = Places(checkout, code, tmp_path / "var", None, None)

    copying.bring_code(target)
    (checkout / "kept.py").chmod(0o600)
    (checkout / "kept.py").write_text("changed")
    (checkout / "gone.py").unlink()
    (code / "locale").mkdir()
    (code / "locale" / "django.mo").write_text("compiled")
    copying.bring_code(target)

    assert (code / "kept.py").read_text() == "changed"
    assert (code / "kept.py").stat().st_mode & 0o777 == 0o644
    assert not (code / "gone.py").exists()
    assert not (code / "secret").exists()
    assert (code / "locale" / "django.mo").exists()


def test_new_port_of_the_cluster_reaches_both_files_and_nothing_else_changes(here):
    urls = {"DATABASE_URL": "a:5440", "DATABASE_OWNER_URL": "o:5440", "DATABASE_WORKER_URL": "w:5440"}
    installation.write_settings(here, chosen(here, PORT="9000"), urls, demo=False)
    before = installation.envfile.read(here.state / "env")

    installation.refresh_settings(here, {name: url.replace("5440", "5441") for name, url in urls.items()})

    after = installation.envfile.read(here.state / "env")
    assert {name for name in after if after[name] != before[name]} == set(urls)
    assert installation.envfile.read(here.state / "service.env")["DATABASE_URL"] == "a:5441"
