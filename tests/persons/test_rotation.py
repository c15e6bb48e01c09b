"""Keys of personal data: in a file, exchanged while the service runs, never told."""

import io
import logging

import pytest
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import BinaryField

from core import crypto, keyfile
from core.keyfile import KeyRing
from people import rotation
from people.models import Person
from people.numbers import id_number_digests, phone_digests
from people.services import build_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_file(tmp_path, settings):
    """An installation with a file of keys and no list."""
    path = tmp_path / "keys"
    keyfile.write(path, KeyRing((keyfile.new_key(),), (keyfile.new_key(),)))
    settings.PERSONAL_DATA_KEYS_FILE, settings.PERSONAL_DATA_KEYS = str(path), []
    return path


def make_persons(count):
    persons = [build_person(f"Người {n}", phone=f"0912{n:06d}", id_number=f"01234{n:07d}") for n in range(count)]
    return Person.objects.bulk_create(persons)


def rotate(**options):
    out = io.StringIO()
    call_command("rotate_personal_keys", stdout=out, **options)
    return out.getvalue()


def test_every_column_of_tokens_is_rotated():
    """A new encrypted column that nobody lists would be unreadable once old keys are dropped."""
    found = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, BinaryField)
        and field.name.endswith("_encrypted")
        and not model.__name__.endswith("History")
    }

    assert found == {(field.model, field.token) for field in rotation.encrypted_fields()}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_file_that_others_may_read_is_refused(key_file, mode):
    key_file.chmod(mode)

    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        crypto.encrypt("0912345678")


@pytest.mark.parametrize("line", ["encryption short", "digest", "nonsense AAAA", "encryption"])
def test_wrong_line_is_named_and_not_shown(key_file, line):
    secret = keyfile.new_key()
    key_file.write_text(f"encryption {secret}\n{line}\n")

    with pytest.raises(ImproperlyConfigured, match="line 2") as refused:
        crypto.encrypt("0912345678")

    assert secret not in str(refused.value)


def test_missing_file_is_told(settings, tmp_path):
    settings.PERSONAL_DATA_KEYS_FILE = str(tmp_path / "gone")

    with pytest.raises(ImproperlyConfigured, match="gone"):
        crypto.encrypt("0912345678")


def test_rings_do_not_show_their_keys(key_file):
    ring = crypto.key_ring()

    assert ring.encryption[0] not in repr(ring)
    assert ring.digest[0] not in str(ring)


def test_installation_with_a_list_matches_what_it_stored(settings):
    newest, oldest = keyfile.new_key(), keyfile.new_key()
    settings.PERSONAL_DATA_KEYS_FILE, settings.PERSONAL_DATA_KEYS = "", [oldest]
    stored = crypto.digest("0912345678", "phone")

    settings.PERSONAL_DATA_KEYS = [newest, oldest]

    assert crypto.digest("0912345678", "phone") == stored
    assert crypto.digests("0912345678", "phone") == [stored]


def test_rotation_renews_all_and_both_digests_match_meanwhile(key_file, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 3)
    persons = make_persons(8)
    before = {person.pk: person.phone_digest for person in persons}
    old_ring = crypto.key_ring()
    rotation.add_keys(str(key_file))

    found = Person.objects.filter(phone_digest__in=phone_digests("0912000005"))
    assert [person.pk for person in found] == [persons[5].pk]
    changed = rotation.renew()

    assert changed == 8
    assert rotation.rows_by_older_keys() == 0
    after = {person.pk: person for person in Person.objects.all()}
    assert all(after[pk].phone_digest != digest for pk, digest in before.items())
    assert [after[person.pk].phone for person in persons] == [f"0912{n:06d}" for n in range(8)]
    assert Person.objects.filter(id_number_digest__in=id_number_digests("012340000003")).count() == 1
    assert all(crypto.is_by_newest_key(person.phone_encrypted) for person in after.values())
    assert crypto.key_ring().encryption[1:] == old_ring.encryption


def test_interrupted_rotation_is_taken_up(key_file, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    make_persons(6)
    rotation.add_keys(str(key_file))

    def stop(name, rows):
        if rows == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.renew(stop)
    assert rotation.rows_by_older_keys() == 4
    with pytest.raises(CommandError, match="--resume"):
        rotate()

    told = rotate(resume=True)

    assert "4 rows" in told
    assert rotation.rows_by_older_keys() == 0


def test_command_adds_renews_and_forgets_and_prints_no_key(key_file, caplog):
    caplog.set_level(logging.DEBUG)
    [person] = make_persons(1)
    old = crypto.key_ring()

    told = rotate() + rotate(forget=True)

    new = crypto.key_ring()
    person.refresh_from_db()
    assert person.phone == "0912000000"
    assert (len(new.encryption), len(new.digest)) == (1, 1)
    assert not {*new.encryption, *new.digest} & {*old.encryption, *old.digest}
    assert key_file.stat().st_mode & 0o777 == 0o600
    for key in (*new.encryption, *new.digest, *old.encryption, *old.digest):
        assert key not in told + caplog.text


def test_old_key_is_not_forgotten_while_a_row_needs_it(key_file):
    make_persons(1)
    rotation.add_keys(str(key_file))

    with pytest.raises(CommandError, match="1 rows"):
        rotate(forget=True)

    assert len(crypto.key_ring().encryption) == 2


def test_installation_moves_from_the_list_to_a_file(settings, tmp_path):
    settings.PERSONAL_DATA_KEYS_FILE, settings.PERSONAL_DATA_KEYS = "", [keyfile.new_key()]
    [person] = make_persons(1)
    settings.PERSONAL_DATA_KEYS_FILE = str(tmp_path / "keys")

    rotate()
    with pytest.raises(CommandError, match="PERSONAL_DATA_KEYS"):
        rotate(forget=True)
    settings.PERSONAL_DATA_KEYS = []
    rotate(forget=True)

    person.refresh_from_db()
    assert person.phone == "0912000000"
    assert Person.objects.filter(phone_digest__in=phone_digests("0912000000")).exists()


def test_token_of_a_dropped_key_is_not_read(key_file):
    token = crypto.encrypt("0912345678")
    keyfile.write(key_file, KeyRing((keyfile.new_key(),), (keyfile.new_key(),)))

    with pytest.raises(InvalidToken):
        crypto.decrypt(token)


def test_wrong_file_is_told_and_changes_nothing(key_file):
    make_persons(2)
    stored = list(Person.objects.order_by("pk").values_list("phone_encrypted", "phone_digest"))
    keyfile.write(key_file, KeyRing((keyfile.new_key(),), (keyfile.new_key(),)))
    wrong = key_file.read_text()

    for options in ({}, {"resume": True}, {"forget": True}):
        with pytest.raises(CommandError, match="right file"):
            rotate(**options)

    assert key_file.read_text() == wrong
    assert list(Person.objects.order_by("pk").values_list("phone_encrypted", "phone_digest")) == stored


def test_two_rotations_at_once_are_one(key_file):
    make_persons(1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('people.rotate_personal_keys'))")
            with pytest.raises(CommandError, match="Another rotation"):
                rotate()
            cursor.execute("SELECT pg_advisory_unlock(hashtext('people.rotate_personal_keys'))")
    finally:
        other.close()

    assert len(crypto.key_ring().encryption) == 1
    rotate()
    assert len(crypto.key_ring().encryption) == 2


def test_rotation_without_a_file_says_what_to_do(settings):
    settings.PERSONAL_DATA_KEYS_FILE = ""

    with pytest.raises(CommandError, match="PERSONAL_DATA_KEYS_FILE"):
        rotate()
