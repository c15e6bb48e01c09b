"""Runs jobs in processes that are killed on the way: for the soak and the tests of the import.

Reads lines `<job id> <milliseconds>` and answers each with `ended` or `killed`. Django is loaded once; each job runs in
a fork, whose connections are its own.
"""

import os
import signal
import sys
import time


def main() -> None:
    """Serve until the input ends."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoapp.settings")
    django.setup()
    from django.conf import settings

    if len(sys.argv) > 1:  # the tests have a database and folders of their own
        settings.DATABASES["default"]["NAME"] = sys.argv[1]
        settings.MEDIA_ROOT = sys.argv[2]
    print("ready", flush=True)
    for line in sys.stdin:
        job_id, milliseconds = line.split()
        print("killed" if _run(job_id, int(milliseconds) / 1000) else "ended", flush=True)


def _run(job_id: str, after_s: float) -> bool:
    child = os.fork()
    if child == 0:
        from office.services import run_job

        run_job(job_id)
        os._exit(0)
    until = time.monotonic() + after_s
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


if __name__ == "__main__":
    main()
