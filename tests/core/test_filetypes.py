"""Kinds of files by their own bytes."""

import pytest

from core.filetypes import file_type_of, has_ending_of
from tests.casework.papers import DOCX, ODT, OLD_DOC, PDF, PNG, XLSM, XLSX, zipped


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (PDF, "pdf"),
        (b"\xef\xbb\xbf" + PDF, "pdf"),
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"\0\0\0\x18ftypheic\0\0", "heif"),
        (DOCX, "docx"),
        (XLSX, "xlsx"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "pptx"),
        (ODT, "opendocument"),
        (OLD_DOC, "ole"),
    ],
)
def test_known_files(data, name):
    assert file_type_of(data).name == name


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\0 a program",
        b"<html><script>1</script>",
        b"#!/bin/sh",
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x18ftypisom",
        zipped("a.txt"),
        XLSM,
        OLD_DOC + "_VBA_PROJECT".encode("utf-16-le"),
        b"\0" * 2000 + PDF,
    ],
    ids=range(10),
)
def test_what_is_not_taken(data):
    assert file_type_of(data) is None


@pytest.mark.parametrize(("name", "fits"), [("a.PDF", True), ("a.pdf.exe", False), ("pdf", True), ("a", False)])
def test_ending_fits(name, fits):
    assert has_ending_of(name, file_type_of(PDF)) is fits
