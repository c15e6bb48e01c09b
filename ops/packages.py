"""System packages: finds out what is missing and installs it by apt, or says exactly which line to run."""

import ctypes.util
import os
import shutil
import sys
from pathlib import Path

from ops import cluster
from ops.shell import Refused, is_root, run, say, succeeds

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOTO_FONT = Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")
# Certificates are drawn by these (WeasyPrint loads them by name), in the font above.
DRAWING_LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
# A fresh PostgreSQL package would make and start a system cluster that nobody asked for.
NO_SYSTEM_CLUSTER = Path("/etc/postgresql-common/createcluster.d/vungtrong.conf")


def ensure(*, service_user: str | None, browser: bool) -> None:
    """Install what is missing; Refused with the apt line where that may not be done."""
    names = missing(service_user=service_user, browser=browser)
    if not names:
        return
    if shutil.which("apt-get") is None:
        raise Refused(
            "This machine has no apt. Install these by its own means, then try again: PostgreSQL 15 or newer "
            "with PostGIS 3.3 or newer, gettext, bubblewrap, Pango, Noto fonts, Python 3.11 to 3.13 with venv"
            + (", Chromium" if browser else "")
        )
    say(f"      installing {' '.join(names)}")
    _install(names)
    still = missing(service_user=service_user, browser=browser)
    if still:
        raise Refused(
            f"After the installation these are still missing: {' '.join(still)}.\n"
            "Python must be 3.11 to 3.13 and lie where every user can run it; PostgreSQL 15 or newer."
        )


def missing(*, service_user: str | None, browser: bool) -> list[str]:
    """Names of the packages to install. Looks for the programs, not for package names: another source is as
    good.
    """
    names = []
    if cluster.newest_installation() is None:
        names += ["postgresql", "postgresql-postgis"]
    if shutil.which("msgfmt") is None:
        names.append("gettext")
    if shutil.which("bwrap") is None:  # uploaded files are read in a sandbox of it, where the machine allows
        names.append("bubblewrap")
    if find_python(service_user) is None:
        if os.environ.get("PYTHON"):
            who = f"the user {service_user}" if service_user else "you"
            raise Refused(f"PYTHON={os.environ['PYTHON']} is no Python 3.11 to 3.13 with venv that {who} can run.")
        names += ["python3", "python3-venv"]
    if browser and find_chromium() is None:
        names.append("chromium")
    if browser and shutil.which("ogrinfo") is None:  # tests read our layers by the GDAL that most people have
        names.append("gdal-bin")
    names += [package for library, package in DRAWING_LIBRARIES.items() if not ctypes.util.find_library(library)]
    if not NOTO_FONT.exists():
        names.append("fonts-noto-core")
    return names


def ensure_qgis() -> None:
    """Install QGIS's Python module and its providers: only the soak that reads all layers by QGIS needs them."""
    probe = "from qgis.core import QgsProviderRegistry"
    if not succeeds(["/usr/bin/python3", "-c", probe], user=None):
        say("      installing python3-qgis qgis-providers (some 170 packages)")
        _install(["python3-qgis", "qgis-providers"])


def find_python(user: str | None) -> str | None:
    """An interpreter of a supported version with venv that `user` can run (a pyenv under /root it cannot).

    PYTHON=/path/to/python in the environment chooses one; it must fulfil the same.
    """
    versions = f"{OLDEST_PYTHON} <= sys.version_info[:2] <= {NEWEST_PYTHON}"
    probe = f"import sys, venv, ensurepip, ssl; raise SystemExit(0 if {versions} else 1)"
    own = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
    usual = ("/usr/bin/python3", *(f"/usr/bin/python3.{minor}" for minor in (13, 12, 11)), own)
    chosen = os.environ.get("PYTHON")
    for candidate in (chosen,) if chosen else usual:
        if Path(candidate).exists() and succeeds([candidate, "-c", probe], user=user):
            return candidate
    return None


def find_chromium() -> str | None:
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _install(names: list[str]) -> None:
    install = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    prefix = _root_prefix(f"apt-get update && {' '.join(install)}")
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    run([*quiet, "apt-get", "update", "-q"])
    guard = "postgresql" in names and not Path("/etc/postgresql").exists()
    try:
        if guard:
            run([*prefix, "mkdir", "-p", NO_SYSTEM_CLUSTER.parent])
            run([*prefix, "tee", NO_SYSTEM_CLUSTER], stdin="create_main_cluster = false\n")
        run([*quiet, *install])
    finally:
        if guard:
            run([*prefix, "rm", "-f", NO_SYSTEM_CLUSTER])


def _root_prefix(line: str) -> list[str]:
    """What to put before a command so that it runs as root; Refused with the whole line where nothing
    helps.
    """
    if is_root():
        return []
    sudo = shutil.which("sudo")
    if sudo and succeeds([sudo, "-n", "true"]):
        return [sudo, "-n"]
    if sudo and sys.stdin.isatty():
        say("      root rights are needed for the system packages; sudo may ask for your password")
        return [sudo]
    raise Refused(f"System packages are missing. Run this line as root, then try again:\n\n  {line}\n")
