"""Zip files from strangers: looked at before anything is inflated, unpacked only member by member.

Names inside an archive never become paths: the caller says under which name of its own a member is written.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geofiles.errors import UnreadableFile, UnsafeArchive

MAX_ENTRIES = 1_000
MAX_TOTAL_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100
_RATIO_FROM_BYTES = 1024 * 1024  # small files of blanks compress well and do no harm
_CHUNK = 1024 * 1024
_MAX_SHOWN = 200
_ARCHIVES = frozenset({".zip", ".kmz", ".7z", ".rar", ".gz", ".tar", ".tgz", ".bz2", ".xz"})
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|\._)")
_END_RECORD, _END_SIZE = b"PK\x05\x06", 22


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file in an archive: ``name`` for people; ``stem`` and ``suffix`` in lower case."""

    name: str
    folder: str
    stem: str
    suffix: str
    size: int
    info: zipfile.ZipInfo

    @property
    def title(self) -> str:
        """File name without folder and suffix, as written, fit to be shown."""
        return shown_name(PurePosixPath(self.name).stem)


def shown_name(name: str) -> str:
    """A name of a stranger's as people see it: NFC, one line, no signs that hide or turn text, not endless."""
    kinds = [(sign, unicodedata.category(sign)) for sign in unicodedata.normalize("NFC", name)]
    visible = "".join(" " if kind == "Cc" else sign for sign, kind in kinds if kind == "Cc" or kind[0] != "C")
    return " ".join(visible.split())[:_MAX_SHOWN] or "layer"


@contextmanager
def open_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, tuple[Member, ...]]]:
    """An archive and its members after every check that needs no inflating.

    Raises UnsafeArchive, or UnreadableFile when it is no zip or bytes follow its end.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise UnreadableFile(reason="damaged", format="zip", detail=str(error)[:200]) from error
    with archive:
        _require_clean_end(path)
        yield archive, tuple(_members(archive))


def extract(archive: zipfile.ZipFile, member: Member, target: Path) -> None:
    """Write one member to ``target``, not trusting its size. Raises UnsafeArchive, UnreadableFile."""
    with target.open("xb") as sink:
        for chunk in _inflated(archive, member):
            sink.write(chunk)


def read_small(archive: zipfile.ZipFile, member: Member, limit: int) -> bytes:
    """The bytes of a member that should be small. Raises as ``extract``, and UnreadableFile above ``limit``."""
    if member.size > limit:
        raise UnreadableFile(reason="side_file_too_large", entry=member.name)
    return b"".join(_inflated(archive, member))


def _inflated(archive: zipfile.ZipFile, member: Member) -> Iterator[bytes]:
    written = 0
    try:
        with archive.open(member.info) as source:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > min(member.size, MAX_TOTAL_BYTES):
                    raise UnsafeArchive(reason="too_large", entry=member.name, limit=MAX_TOTAL_BYTES)
                yield chunk
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise UnreadableFile(reason="damaged", format="zip", entry=member.name, detail=str(error)[:200]) from error
    except Exception as error:  # zlib.error and its kin have no common base
        if type(error).__name__ in ("error", "LZMAError"):
            raise UnreadableFile(reason="damaged", format="zip", entry=member.name) from error
        raise


def _members(archive: zipfile.ZipFile) -> Iterator[Member]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise UnsafeArchive(reason="too_many_entries", found=len(entries), limit=MAX_ENTRIES)
    total, seen = 0, set()
    for info in entries:
        name = _readable_name(info)
        _require_safe_entry(info, name)
        total += info.file_size
        if total > MAX_TOTAL_BYTES:
            raise UnsafeArchive(reason="too_large", limit=MAX_TOTAL_BYTES)
        if info.is_dir() or _IGNORED.search(name):
            continue
        if name.lower() in seen:
            raise UnsafeArchive(reason="duplicate_entry", entry=name)
        seen.add(name.lower())
        path = PurePosixPath(name)
        if path.suffix.lower() in _ARCHIVES:
            raise UnsafeArchive(reason="nested_archive", entry=name)
        yield Member(name, str(path.parent), path.stem.lower(), path.suffix.lower(), info.file_size, info)


def _require_safe_entry(info: zipfile.ZipInfo, name: str) -> None:
    raw = info.orig_filename
    outside = (
        "\x00" in raw
        or "\\" in raw
        or name.startswith("/")
        or re.match(r"[A-Za-z]:", name)
        or ".." in PurePosixPath(name).parts
    )
    if outside:
        raise UnsafeArchive(reason="path_outside", entry=name[:200])
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnsafeArchive(reason="link", entry=name)
    if info.flag_bits & 0x1:
        raise UnsafeArchive(reason="encrypted", entry=name)
    if info.file_size > _RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise UnsafeArchive(reason="ratio", entry=name, limit=MAX_RATIO)


def _readable_name(info: zipfile.ZipInfo) -> str:
    """The name in UTF-8 where a tool wrote UTF-8 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _require_clean_end(path: Path) -> None:
    """Bytes behind the archive's end make it two files in one (a zip that is also a web page)."""
    with path.open("rb") as source:
        size = source.seek(0, 2)
        source.seek(max(0, size - 65_535 - _END_SIZE))
        tail = source.read()
    at = tail.rfind(_END_RECORD)
    comment = int.from_bytes(tail[at + 20 : at + 22], "little")
    if at < 0 or at + _END_SIZE + comment != len(tail):
        raise UnreadableFile(reason="trailing_bytes", format="zip")
