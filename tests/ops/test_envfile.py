"""The files of settings."""

import base64
import stat

import environ
import pytest

from core import keyfile
from ops import envfile
from ops.shell import Refused


def test_file_is_readable_by_its_owner_only_and_says_what_was_written(tmp_path):
    path = tmp_path / "env"
    values = {"SECRET_KEY": "a=b#c", "EMPTY": "", "DATABASE_URL": "postgis://u:p@127.0.0.1:5440/d"}

    envfile.write(path, values)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert envfile.read(path) == values


def test_settings_reader_of_the_app_sees_the_same_values(tmp_path, monkeypatch):
    path = tmp_path / "env"
    values = {f"OPS_{name}": value for name, value in envfile.ensure_keys({}).items()}
    envfile.write(path, values)
    for name in values:
        monkeypatch.delenv(name, raising=False)
    reader = environ.Env()

    reader.read_env(path)

    assert {name: reader(name) for name in values} == values
    for name in values:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(("name", "value"), [("A", "one\nB=two"), ("A", "one\rB=two"), ("lower", "x"), ("A B", "x")])
def test_value_that_would_become_another_setting_is_refused(name, value, tmp_path):
    with pytest.raises(Refused):
        envfile.write(tmp_path / "env", {name: value})

    assert not (tmp_path / "env").exists()


def test_line_that_is_no_setting_is_named(tmp_path):
    path = tmp_path / "env"
    path.write_text("# fine\n\nexport A='1'\nnonsense\n")

    with pytest.raises(Refused, match="line 4"):
        envfile.read(path)


def test_keys_are_made_once_and_kept():
    first = envfile.ensure_keys({})

    again = envfile.ensure_keys(first)

    assert again == first
    assert len(base64.urlsafe_b64decode(first["SEAL_KEYS"])) == 32
    assert len(first["SECRET_KEY"]) >= 50
    assert envfile.ensure_keys({})["SECRET_KEY"] != first["SECRET_KEY"]


def test_service_does_not_learn_the_owners_address():
    values = {"DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner"}

    assert envfile.for_service(values) == {"DATABASE_URL": "app"}


def test_new_installation_gets_a_file_of_personal_keys_that_only_its_owner_reads(tmp_path):
    first = envfile.ensure_personal_keys(tmp_path, {}, owner=None)
    path = tmp_path / "personal-data.keys"
    before = path.read_text()

    again = envfile.ensure_personal_keys(tmp_path, first, owner=None)

    assert again == first == {"PERSONAL_DATA_KEYS_FILE": str(path)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == before
    ring = keyfile.read(path)
    assert [len(base64.urlsafe_b64decode(key)) for key in (*ring.encryption, *ring.digest)] == [32, 32]
    assert ring.encryption != ring.digest


def test_installation_that_lists_its_personal_keys_keeps_the_list(tmp_path):
    known = {"PERSONAL_DATA_KEYS": "old,older"}

    assert envfile.ensure_personal_keys(tmp_path, known, owner=None) == known
    assert list(tmp_path.iterdir()) == []


def test_lost_file_of_personal_keys_is_not_made_anew(tmp_path):
    with pytest.raises(Refused, match="backup"):
        envfile.ensure_personal_keys(tmp_path, {"PERSONAL_DATA_KEYS_FILE": str(tmp_path / "gone")}, owner=None)
