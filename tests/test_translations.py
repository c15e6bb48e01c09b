"""The English catalogue: whole, up to date with the source, and with the same placeholders as the Vietnamese texts."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext, ngettext

from ops.tooling import UNTRANSLATED

LOCALE = Path(settings.BASE_DIR) / "locale"
CATALOGUE = LOCALE / "en" / "LC_MESSAGES" / "django.po"
LIBRARY_TEXTS = LOCALE / "vi" / "LC_MESSAGES" / "django.po"  # English texts of libraries, in Vietnamese
SOURCE_KINDS = (".py", ".html", ".txt")
FIELD = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d\]) "(.*)"')
PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*[a-zA-Z]|%[ds]|\{\w*\}|<[^>]+>")

TOO_SHORT = (
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)

Entry = dict[str, str]


def read_entries(path: Path) -> list[Entry]:
    """Return the entries of a catalogue as they stand in the file: fields in gettext's own escaping, flags as text."""
    entries = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry: Entry = {"flags": ""}
        name = ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry["flags"] += line
            elif found := FIELD.fullmatch(line):
                name, entry[found[1]] = found[1], found[2]
            elif line.startswith('"'):
                entry[name] += line[1:-1]
        if entry.get("msgid"):
            entries.append(entry)
    return entries


def translations_of(entry: Entry) -> list[str]:
    return [text for name, text in entry.items() if name.startswith("msgstr")]


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> set[str]:
    """The texts that `makemessages` finds now, in a copy of the source."""
    root, copy = Path(settings.BASE_DIR), tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if name.endswith(SOURCE_KINDS) and not name.startswith(UNTRANSLATED) and (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, copy / name)
    (copy / "locale").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(copy)
        patch.setattr(settings, "LOCALE_PATHS", [copy / "locale"])
        call_command("makemessages", locale=["en"], no_location=True, verbosity=0)
    return {entry["msgid"] for entry in read_entries(copy / "locale" / "en" / "LC_MESSAGES" / "django.po")}


def test_every_text_of_the_source_is_in_the_catalogue(collected):
    known = {entry["msgid"] for entry in read_entries(CATALOGUE)}

    missing = sorted(collected - known)

    assert missing == [], "run `make messages` and translate what is new"


def test_the_catalogue_holds_no_text_that_the_source_has_lost(collected):
    known = {entry["msgid"] for entry in read_entries(CATALOGUE)}

    left_over = sorted(known - collected)

    assert left_over == []


@pytest.mark.parametrize(("catalogue", "least"), [(CATALOGUE, 1_000), (LIBRARY_TEXTS, 100)], ids=["en", "vi"])
def test_every_entry_is_translated(catalogue, least):
    entries = read_entries(catalogue)

    empty = [entry["msgid"] for entry in entries if not all(translations_of(entry))]

    assert len(entries) > least
    assert empty == []


@pytest.mark.parametrize("catalogue", [CATALOGUE, LIBRARY_TEXTS], ids=["en", "vi"])
def test_no_entry_is_a_guess(catalogue):
    entries = read_entries(catalogue)

    fuzzy = [entry["msgid"] for entry in entries if "fuzzy" in entry["flags"]]

    assert fuzzy == []


@pytest.mark.parametrize("catalogue", [CATALOGUE, LIBRARY_TEXTS], ids=["en", "vi"])
def test_placeholders_and_tags_are_the_same_in_both_languages(catalogue):
    entries = read_entries(catalogue)

    different = [
        entry["msgid"]
        for entry in entries
        for text in translations_of(entry)
        if sorted(PLACEHOLDER.findall(entry["msgid"])) != sorted(PLACEHOLDER.findall(text))
    ]

    assert different == []


def test_line_breaks_and_outer_spaces_are_the_same_in_both_languages():
    """A text that is joined to another one keeps the space that parts them."""
    entries = read_entries(CATALOGUE)

    different = [
        entry["msgid"]
        for entry in entries
        for text in translations_of(entry)
        if (text[:1] == " ", text[-1:] == " ", text.count(r"\n"))
        != (entry["msgid"][:1] == " ", entry["msgid"][-1:] == " ", entry["msgid"].count(r"\n"))
    ]

    assert different == []


def test_the_compiled_catalogue_is_in_use():
    with translation.override("en"):
        text = gettext("Tra cứu mã số vùng trồng")

    assert text == "Check a production area code"


def test_library_texts_are_vietnamese_in_the_first_language():
    with translation.override("vi"):
        from_django, from_allauth = gettext("This field is required."), gettext("Password (again)")
        counted = ngettext(*TOO_SHORT, 12) % 12

    assert from_django == "Trường này là bắt buộc."
    assert from_allauth == "Mật khẩu (nhập lại)"
    assert counted == "Mật khẩu quá ngắn. Mật khẩu phải có ít nhất 12 ký tự."
