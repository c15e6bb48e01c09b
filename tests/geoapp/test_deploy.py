"""Django's own list of what a production installation needs, with no warning left."""

import os
import subprocess
import sys

from django.conf import settings


def test_check_deploy_is_clean_behind_https():
    environment = {**os.environ, "PUBLIC_URL": "https://vungtrong.test", "DEBUG": "0", "DEMO": "0"}
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # set for the browser tests of this process only

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout
