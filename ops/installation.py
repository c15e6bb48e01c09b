"""The steps that the commands are made of: from nothing to a database that is ready for the service."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ops import bootstrap, cluster, envfile, options, packages
from ops.options import Options
from ops.places import Places, make_folder
from ops.shell import Refused, is_root, run, say

SERVICE_FOLDERS = ("files", "mail", "messages")  # the only ones that the service may write
# Several management commands in one process: starting Django takes longer than most of them.
COMMANDS = (
    "import sys, json, django; django.setup()\n"
    "from django.core.management import call_command\n"
    "for name, *words in json.loads(sys.argv[1]): call_command(name, *words)\n"
)


@contextmanager
def alone(places: Places) -> Iterator[None]:
    """Only one of our commands works on an installation at a time; the second is told so and does nothing."""
    with (places.state / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"Another make command is at work on {places.checkout}; wait for it to end.") from None
        yield


def private_cluster(places: Places) -> cluster.Cluster:
    return cluster.Cluster(places.state / "postgres", places.database_user)


def install_packages(places: Places, *, dev: bool) -> None:
    """Python and front-end packages beside the code, and the compiled catalogues."""
    bootstrap.python_packages(places.code, dev=dev, service_user=places.service_user)
    bootstrap.front_end_packages(places.code, places.state / "tools", dev=dev)
    bootstrap.translations(places.code)


def database_urls(places: Places, chosen: Options) -> dict[str, str]:
    """Addresses of the database: the one named by the person, else our own cluster, made and started on the
    way.
    """
    if chosen.database_url is None:
        return cluster.ensure_running(private_cluster(places))
    owner = chosen.settings.get("DATABASE_OWNER_URL", chosen.database_url)
    worker = chosen.settings.get("DATABASE_WORKER_URL", chosen.database_url)
    return {"DATABASE_URL": chosen.database_url, "DATABASE_OWNER_URL": owner, "DATABASE_WORKER_URL": worker}


def write_settings(places: Places, chosen: Options, urls: Mapping[str, str], *, demo: bool) -> None:
    """`env` for people at the command line, `service.env` (without the owner's address) for the service."""
    known = envfile.read(places.state / "env")
    wanted = {**known, **chosen.settings}
    values = {
        **envfile.ensure_keys(wanted),
        **envfile.ensure_personal_keys(places.state, wanted, owner=places.service_user),
        "STATE_DIR": str(places.state),
        "PUBLIC_URL": chosen.public_url,
        "ALLOWED_HOSTS": options.allowed_hosts(chosen),
        **chosen.settings,
        **urls,
        "DEMO": "1" if demo else "0",
    }
    _write_both(places, values)
    for name in SERVICE_FOLDERS:
        make_folder(places.state / name, owner=places.service_user, mode=0o700)


def refresh_settings(places: Places, changes: Mapping[str, str]) -> None:
    """Change single settings and leave the rest as `make run` wrote it: the cluster's port may be another today."""
    known = envfile.read(places.state / "env")
    wanted = {**known, **changes}
    if wanted != known:
        _write_both(places, wanted)


def _write_both(places: Places, values: Mapping[str, str]) -> None:
    envfile.write(places.state / "env", values)
    envfile.write(places.state / "service.env", envfile.for_service(values), owner=places.service_user)


def manage(places: Places, *commands: list[str], show: bool = False) -> None:
    """Run management commands one after the other as the database's owner; `show` lets their output
    through.
    """
    environment = {
        "VUNGTRONG_ENV": str(places.state / "env"),
        "DJANGO_SETTINGS_MODULE": "geoapp.settings",
        "DATABASE_ROLE": "owner",
    }
    run([places.python, "-c", COMMANDS, json.dumps(commands)], env=environment, cwd=places.code, show=show)
    hand_over(places)


def hand_over(places: Places) -> None:
    """Give the service user what root's commands put into the service's folders. Links are not followed."""
    if places.service_user is None or not is_root():
        return
    import pwd

    account = pwd.getpwnam(places.service_user)
    for name in SERVICE_FOLDERS:
        for folder, names, files in os.walk(places.state / name):
            for entry in (*names, *files):
                os.lchown(Path(folder, entry), account.pw_uid, account.pw_gid)


def static_files(places: Places) -> None:
    """collectstatic, only when a source of it has changed since."""
    stamp = places.state / "static.json"
    sources = [
        places.code / "static",
        places.code / "geoapp" / "settings.py",
        places.code / "core" / "staticfiles.py",
    ]
    sources += [places.code / "node_modules" / "installed.json", places.code / ".venv" / "installed.json"]
    wanted = bootstrap.fingerprint(sources)
    if stamp.exists() and stamp.read_text() == wanted and (places.state / "static" / "staticfiles.json").exists():
        return
    stamp.unlink(missing_ok=True)
    manage(places, ["collectstatic", "--no-input", "--clear", "--verbosity=0"])
    stamp.write_text(wanted)


# --- Demo data -----------------------------------------------------------------------------------------
def accounts_file(places: Places) -> Path:
    """Names and passwords of the demo accounts; written by `manage.py demo`, removed by `manage.py
    remove_demo`.
    """
    return places.state / "demo-accounts.txt"


def demo_stamp(places: Places, chosen: Options) -> Path:
    """Exists once the demo was loaded into this very database: a demo taken out does not come back."""
    if chosen.database_url is None:
        return places.state / "postgres" / "demo-loaded"  # goes when the cluster goes
    address = chosen.database_url.rpartition("@")[2]
    return places.state / f"demo-loaded-{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def has_demo(places: Places, chosen: Options) -> bool:
    return demo_stamp(places, chosen).exists() and accounts_file(places).exists()


def wants_demo(places: Places, chosen: Options) -> bool:
    """Whether demo data is to be put in now: when asked for, else only into our own cluster and only once."""
    if chosen.demo is None:
        return chosen.database_url is None and not demo_stamp(places, chosen).exists()
    return chosen.demo and not has_demo(places, chosen)


def load_demo(places: Places, chosen: Options, words: list[str] | None = None) -> None:
    """Fill the demonstration province; its progress is shown. The stamp is set last, after all went well."""
    manage(places, ["demo", *(words or [])], show=True)
    demo_stamp(places, chosen).touch()


def purge(places: Places) -> None:
    """Delete all that was made for this checkout: database, uploaded files, keys, packages."""
    cluster.remove(private_cluster(places))
    for folder in (places.state, places.code / ".venv", places.code / "node_modules"):
        if folder.exists():
            shutil.rmtree(folder)
    if places.code != places.checkout:
        shutil.rmtree(places.code.parent)
        (places.checkout / "var").unlink(missing_ok=True)
    say("      removed")


def system_packages(places: Places, *, browser: bool) -> None:
    packages.ensure(service_user=places.service_user, browser=browser)
