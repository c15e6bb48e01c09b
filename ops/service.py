"""The running service: gunicorn and the background worker, started as the service user and remembered."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from ops import processes
from ops.options import Options
from ops.places import Places, make_folder
from ops.shell import Refused, as_user

WEB, WORKER = "web", "worker"
PATIENCE_S = {WEB: 35, WORKER: 30}  # gunicorn itself gives a request 30 s to finish
READY_WITHIN_S = 60
WORKER_COMMAND = ("manage.py", "worker")


def start(places: Places, options: Options, worker_url: str) -> None:
    """Start both programs and return when /readyz answers 200. Raises Refused with the log's end when it
    does not.
    """
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "PYTHONDONTWRITEBYTECODE": "1",
        "VUNGTRONG_ENV": str(places.state / "service.env"),
    }
    _launch(places, WEB, [places.python, "-m", "gunicorn", *gunicorn_arguments(options)], environment)
    _launch(places, WORKER, [places.python, *WORKER_COMMAND], {**environment, "DATABASE_URL": worker_url})
    _wait_until_ready(places, options)


def gunicorn_arguments(options: Options) -> list[str]:
    """Limits lie above those of the app, so that it answers with its own problem documents; see
    geoapp/server.py.
    """
    return [
        "geoapp.wsgi:application",
        f"--bind={options.address}",
        "--workers=2",
        "--threads=4",
        "--worker-class=geoapp.server.ProblemWorker",
        "--preload",
        "--timeout=60",
        "--graceful-timeout=30",
        "--keep-alive=5",
        "--max-requests=20000",
        "--max-requests-jitter=2000",
        "--limit-request-line=8190",
        "--limit-request-fields=100",
        "--limit-request-field_size=16380",
        "--worker-tmp-dir=/dev/shm",
        "--no-control-socket",
        "--log-level=warning",
    ]


def stop(places: Places) -> list[str]:
    """Stop what was started from here; names of what ran. A process that merely has the same number is left
    alone.
    """
    stopped = []
    for name in (WEB, WORKER):
        file = _note(places, name)
        identity = processes.recall(file)
        if identity is not None:
            processes.end(identity, patience_s=PATIENCE_S[name])
            stopped.append(name)
        file.unlink(missing_ok=True)
    return stopped


def running(places: Places) -> list[str]:
    return [name for name in (WEB, WORKER) if processes.recall(_note(places, name)) is not None]


def log_of(places: Places, name: str) -> Path:
    return places.state / "log" / f"{name}.log"


def _launch(places: Places, name: str, command: list[str | Path], environment: dict[str, str]) -> None:
    make_folder(places.state / "run", owner=None, mode=0o755)
    make_folder(places.state / "log", owner=None, mode=0o755)
    with log_of(places, name).open("ab") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=places.code,
            start_new_session=True,
            **as_user(places.service_user),
        )
    identity = processes.identify(process.pid)
    if identity is None:
        raise Refused(_failure(places, name, "ended at once"))
    processes.remember(identity, _note(places, name))


def _wait_until_ready(places: Places, options: Options) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(options.bind, options.address.rpartition(":")[0])
    # A service behind an HTTPS proxy would else answer with a redirect to that proxy.
    request = urllib.request.Request(f"http://{host}:{options.port}/readyz", headers={"X-Forwarded-Proto": "https"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_WITHIN_S
    answer = "no answer"
    while time.monotonic() < deadline:
        for name in (WEB, WORKER):
            if processes.recall(_note(places, name)) is None:
                raise Refused(_failure(places, name, "ended while it was starting"))
        try:
            with opener.open(request, timeout=5) as response:
                if response.status == 200:
                    return
        except urllib.error.HTTPError as error:
            answer = f"{error.code}: {error.read(600).decode(errors='replace')}"
        except OSError as error:
            answer = str(error)
        time.sleep(0.1)
    raise Refused(_failure(places, WEB, f"was not ready within {READY_WITHIN_S} s; /readyz said: {answer}"))


def _failure(places: Places, name: str, what: str) -> str:
    log = log_of(places, name)
    end = "\n".join(log.read_text(errors="replace").splitlines()[-25:]) if log.exists() else ""
    return f"The {name} program {what}. The end of {log}:\n{end}"


def _note(places: Places, name: str) -> Path:
    return places.state / "run" / f"{name}.json"


def port_is_taken(options: Options) -> bool:
    """True when somebody else already listens where the service is to listen."""
    import socket

    family = socket.AF_INET6 if ":" in options.bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.bind, options.port))
        except PermissionError:
            raise Refused(f"Only root may use PORT={options.port}; choose one above 1023.") from None
        except OSError:
            return True
    return False


def clear_environment() -> None:
    """Our own steps must not read another installation's settings from the caller's shell."""
    for name in ("VUNGTRONG_ENV", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        os.environ.pop(name, None)
