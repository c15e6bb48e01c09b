"""`make test`: the whole test suite on a cluster of its own that exists only meanwhile."""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from types import FrameType

from ops import cluster, envfile, installation, packages, places, service
from ops.places import Places
from ops.shell import Progress, Refused


def make_test(words: list[str]) -> int:
    """Set up what is needed and run pytest with `words`; returns its exit code. pytest's closing line comes
    last.
    """
    service.clear_environment()
    here = test_places()
    places.prepare(here)
    own = cluster.Cluster(here.state / "test" / "postgres", here.database_user, durable=False)
    _end_on_signals()
    with _alone(here):
        try:
            environment = _set_up(here, own)
            command = [
                here.python,
                "-m",
                "pytest",
                *(words or ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]),
            ]
            return subprocess.run(
                [str(word) for word in command],
                cwd=here.code,
                env=environment,
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
        finally:
            cluster.remove(own)


def test_places() -> Places:
    """Tests run as whoever calls, from the checkout itself; only the cluster's user may have to live
    elsewhere.
    """
    here = places.find()
    return Places(here.checkout, here.checkout, here.state, None, here.database_user)


def tools_ready(here: Places) -> None:
    """Everything that tests and checks need, but no database."""
    installation.system_packages(here, browser=True)
    installation.install_packages(here, dev=True)


def _set_up(here: Places, own: cluster.Cluster) -> dict[str, str]:
    progress = Progress(3)
    with progress.step("System packages"):
        installation.system_packages(here, browser=True)
    with progress.step("Python and front-end packages"):
        installation.install_packages(here, dev=True)
    with progress.step("Database of the tests"):
        cluster.remove(own)  # one that an interrupted run left behind
        urls = cluster.ensure_running(own)
    return {**os.environ, **test_settings(here, urls)}


def test_settings(here: Places, urls: dict[str, str]) -> dict[str, str]:
    """Settings of the tests: nothing of an installation or of the caller's shell gets in."""
    state = places.make_folder(here.state / "test" / "state", owner=None, mode=0o700)
    return {
        **envfile.ensure_keys({}),
        **envfile.ensure_personal_keys(state, {}, owner=None),
        **urls,
        "VUNGTRONG_ENV": os.devnull,
        "STATE_DIR": str(state),
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "DEBUG": "0",
        "DEMO": "0",
        "CHROMIUM": packages.find_chromium() or "",
        "DJANGO_SETTINGS_MODULE": "geoapp.settings",
        "PYTHONUNBUFFERED": "1",
    }


def _alone(here: Places) -> AbstractContextManager[None]:
    places.make_folder(here.state / "test", owner=None, mode=0o755)
    return installation.alone(Places(here.checkout, here.code, here.state / "test", None, None))


def _end_on_signals() -> None:
    """A request to end must still stop the cluster: turn it into an exception that `finally` sees."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise Refused(f"Interrupted by signal {number}.")

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)
    sys.stdout.flush()
