"""Where an installation keeps its things, and which system user may reach them.

A checkout that the service user and the `postgres` user can reach is used in place: state under `var/`. A
checkout that root keeps to itself (a 0700 home or temporary folder) cannot be; then the state, and for
`make run` a copy of the code, live under /var/lib/vungtrong/<hash of the checkout's path>, and `var`
becomes a link to that state.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ops.shell import Refused, is_root, run, succeeds

CHECKOUT = Path(__file__).resolve().parent.parent
SERVICE_USER = "vungtrong"
DATABASE_USER = "postgres"
OUTSIDE = Path("/var/lib/vungtrong")


@dataclass(frozen=True, slots=True)
class Places:
    """`code`: what the service runs from; `state`: everything that is made and kept; users: None means
    ourselves.
    """

    checkout: Path
    code: Path
    state: Path
    service_user: str | None
    database_user: str | None

    @property
    def python(self) -> Path:
        return self.code / ".venv" / "bin" / "python"


def find(*, checkout: Path = CHECKOUT) -> Places:
    """Decide where things live. For root this creates the service user when it is missing."""
    if not is_root():
        return Places(checkout, checkout, checkout / "var", None, None)
    ensure_service_user()
    home = outside_home(checkout)
    readable = can_reach(checkout, SERVICE_USER)
    code = checkout if readable else home / "app"
    enterable = readable and can_enter(checkout, DATABASE_USER)
    state = checkout / "var" if enterable else home / "var"
    return Places(checkout, code, state, SERVICE_USER, DATABASE_USER)


def outside_home(checkout: Path) -> Path:
    """The folder under /var/lib that belongs to this checkout and to no other."""
    return OUTSIDE / hashlib.sha256(str(checkout).encode()).hexdigest()[:12]


def can_reach(folder: Path, user: str) -> bool:
    """True when `user` can read the code in `folder` (asked of the kernel, so that ACLs and mounts count)."""
    probe = [folder / "manage.py", folder / "ops" / "places.py"]
    return all(succeeds(["test", "-r", path], user=user) for path in probe)


def can_enter(folder: Path, user: str) -> bool:
    """True when `user` can pass through `folder`; a user that does not exist yet counts like the service
    user.
    """
    try:
        return succeeds(["test", "-x", folder], user=user)
    except KeyError:
        return succeeds(["test", "-x", folder], user=SERVICE_USER)


def ensure_service_user() -> None:
    import pwd

    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--home-dir", str(OUTSIDE), "--no-create-home"]
        run([*command, "--shell", "/usr/sbin/nologin", SERVICE_USER])


def prepare(places: Places) -> None:
    """Make the state folder, and the link `var` to it where that lies outside the checkout. Repeatable."""
    make_folder(places.state, owner=None, mode=0o755)
    link = places.checkout / "var"
    if places.state == link:
        return
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        raise Refused(
            f"{link} is a folder, but the service's users cannot reach it, so its state has to live in "
            f"{places.state}.\nStop what runs from it (make stop), move it away, and run this again."
        )
    link.symlink_to(places.state)


def make_folder(path: Path, *, owner: str | None, mode: int) -> Path:
    """Create a folder (and its parents) with this owner and mode, or correct those of an existing one."""
    path.mkdir(parents=True, exist_ok=True)
    if owner is not None and is_root():
        shutil.chown(path, owner, owner)
    path.chmod(mode)
    return path


def write_private(path: Path, text: str, *, owner: str | None = None) -> None:
    """Write a file that only its owner can read; a reader never sees half of it, nor a moment of wider
    rights.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    if owner is not None and is_root():
        shutil.chown(part, owner, owner)
    part.replace(path)
