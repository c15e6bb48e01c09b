"""`make run`, `make stop`, `make setup`, `make demo`, `make manage`."""

import os

from ops import cluster, copying, installation, places, service
from ops import options as options_module
from ops.options import Options
from ops.places import Places
from ops.shell import Progress, Refused, run, say


def make_run() -> None:
    """From whatever is there to a service that answers."""
    here, chosen = _begin()
    with installation.alone(here):
        demo = installation.wants_demo(here, chosen)
        options_module.refuse_public_demo(chosen, demo=demo or installation.has_demo(here, chosen))
        progress = Progress(8)
        with progress.step("System packages"):
            installation.system_packages(here, browser=False)
        with progress.step("Python and front-end packages"):
            copying.bring_code(here)
            installation.install_packages(here, dev=False)
        with progress.step("Stopping what runs already"):
            service.stop(here)
            _refuse_taken_port(chosen)
        with progress.step("Database"):
            urls = installation.database_urls(here, chosen)
            installation.write_settings(here, chosen, urls, demo=demo or installation.has_demo(here, chosen))
        with progress.step("Tables, rights and reference data"):
            installation.manage(here, *PREPARE_DATABASE)
        with progress.step("Demo data" if demo else "Demo data: not wanted or there already"):
            if demo:
                installation.load_demo(here, chosen)
        with progress.step("Static files"):
            installation.static_files(here)
        with progress.step("Service"):
            service.start(here, chosen, urls["DATABASE_WORKER_URL"])
        _report(here, chosen)


PREPARE_DATABASE = (
    ["migrate", "--no-input", "--verbosity=0"],
    ["createcachetable"],
    ["grant_app_role"],
    ["load_reference_data"],
    ["check_counters", "--repair"],
)


def make_stop() -> None:
    """Stop the service and the cluster of this checkout; whatever else runs on the machine is not looked
    at.
    """
    here = places.find()
    if not here.state.exists():
        say("Nothing was started from here.")
        return
    with installation.alone(here):
        stopped = service.stop(here)
        if cluster.stop(installation.private_cluster(here)):
            stopped.append("database")
        say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def make_setup() -> None:
    """What a developer needs: all packages, a running private cluster, var/env. No service starts."""
    here, chosen = _begin()
    with installation.alone(here):
        progress = Progress(4)
        with progress.step("System packages"):
            installation.system_packages(here, browser=True)
        with progress.step("Python and front-end packages"):
            copying.bring_code(here)
            installation.install_packages(here, dev=True)
        with progress.step("Database"):
            urls = installation.database_urls(here, chosen)
            installation.write_settings(here, chosen, urls, demo=installation.has_demo(here, chosen))
        with progress.step("Tables, rights and reference data"):
            installation.manage(here, *PREPARE_DATABASE)


def make_demo(words: list[str]) -> None:
    """Put the demonstration province into the database, whatever is in it; `words` go to `manage.py demo`."""
    here, chosen = _begin()
    options_module.refuse_public_demo(chosen, demo=True)
    _require_installed(here)
    with installation.alone(here):
        urls = installation.database_urls(here, chosen)
        installation.refresh_settings(here, urls | {"DEMO": "1"})
        installation.load_demo(here, chosen, words)
    say(f"The demo is in. Accounts: {installation.accounts_file(here)}. Start the service anew: make run")


def make_manage(words: list[str]) -> None:
    """A management command of an installation, with its settings and the owner's database role."""
    here, chosen = _begin()
    _require_installed(here)
    if not words:
        raise Refused('Say what to do, for example: make manage DO="import_admin_units /path/to/units.geojson"')
    with installation.alone(here):
        installation.refresh_settings(here, installation.database_urls(here, chosen))
    environment = {"VUNGTRONG_ENV": str(here.state / "env"), "DATABASE_ROLE": "owner"}
    run([here.python, here.code / "manage.py", *words], env=environment, show=True)
    installation.hand_over(here)


def make_clean(sure: bool) -> None:
    """Stop everything and delete what was made for this checkout, the database included."""
    here = places.find()
    if not sure:
        raise Refused(
            f"This deletes the database, files and keys under {here.state}. If you mean it: make clean SURE=1"
        )
    make_stop()
    installation.purge(here)


def _begin() -> tuple[Places, Options]:
    service.clear_environment()
    here = places.find()
    places.prepare(here)
    return here, options_module.read(here, os.environ)


def _require_installed(here: Places) -> None:
    if not here.python.exists() or not (here.state / "env").exists():
        raise Refused("Nothing is installed yet; run: make run (or, for development, make setup)")


def _refuse_taken_port(chosen: Options) -> None:
    if service.port_is_taken(chosen):
        raise Refused(f"Another program listens on port {chosen.port}. Choose another: make run PORT={chosen.port + 1}")


def _report(here: Places, chosen: Options) -> None:
    say(f"\nVùng Trồng runs at {chosen.public_url}")
    if installation.has_demo(here, chosen):
        say(f"Demo accounts (also in {installation.accounts_file(here)}):")
        say(installation.accounts_file(here).read_text().rstrip())
    if not chosen.settings.get("MESSAGE_SENDERS"):
        say(f"SMS and Zalo messages are written to {here.state / 'messages'}; MESSAGE_SENDERS names who carries them.")
    say(f"Logs: {here.state / 'log'}. Stop it with: make stop")
