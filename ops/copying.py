"""Brings the code to where the service user can read it, when that is not the checkout itself."""

import os
import shutil
from pathlib import Path

from ops.places import Places, make_folder
from ops.shell import run

NOT_SOURCE = {".git", ".venv", "node_modules", "var", "__pycache__"}


def bring_code(places: Places) -> None:
    """Copy what git knows (and new files it does not ignore) to `places.code`; delete what is no longer
    there.
    """
    if places.code == places.checkout:
        return
    make_folder(places.code, owner=None, mode=0o755)
    wanted = source_files(places.checkout)
    for name in wanted:
        _copy(places.checkout / name, places.code / name)
    for folder, names, files in os.walk(places.code):
        here = Path(folder).relative_to(places.code)
        names[:] = [entry for entry in names if entry not in NOT_SOURCE]
        for file in files:
            if here / file not in wanted and not file.endswith(".mo"):
                (places.code / here / file).unlink()


def source_files(checkout: Path) -> set[Path]:
    """Paths below the checkout; from git where there is a repository, else (an unpacked archive) from the
    folders.
    """
    if (checkout / ".git").exists():
        git: list[str | Path] = ["git", "-c", f"safe.directory={checkout}", "-C", checkout]
        listed = run([*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        return {Path(name) for name in listed.split("\0") if name and (checkout / name).is_file()}
    found = set()
    for folder, names, files in os.walk(checkout):
        names[:] = [name for name in names if name not in NOT_SOURCE]
        found |= {(Path(folder) / name).relative_to(checkout) for name in files}
    return found


def _copy(source: Path, target: Path) -> None:
    facts = source.stat()
    if target.exists():
        old = target.stat()
        if (old.st_size, old.st_mtime_ns) == (facts.st_size, facts.st_mtime_ns):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copy2(source, part)
    part.chmod(0o755 if facts.st_mode & 0o100 else 0o644)  # the copy is to be read by the service user
    part.replace(target)
