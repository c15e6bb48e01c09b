"""The lock files work with any index, and say exactly what is to be installed."""

import re

import pytest

from ops import places, tooling


def test_lock_files_hold_hashes_and_no_addresses():
    tooling.check_locks(places.CHECKOUT)


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("index address", "--index-url x\nsix==1.16.0 \\\n    --hash=sha256:aa\n"),
        ("download address", "six @ file:///tmp/six.whl \\\n    --hash=sha256:aa\n"),
        ("no hash", "six==1.16.0\n"),
        ("no version", "six \\\n    --hash=sha256:aa\n"),
    ],
)
def test_lock_that_says_too_much_or_too_little_is_found(case, text):
    assert tooling.lock_problem(text) is not None


def test_all_locks_pin_the_same_versions():
    def pins(name: str) -> dict[str, str]:
        text = (places.CHECKOUT / name).read_text()
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))

    run, scale, dev = (pins(f"requirements{name}.lock") for name in ("", "-scale", "-dev"))

    assert run.items() <= scale.items() <= dev.items()
    assert "psycopg" not in dev  # Django would silently prefer it over psycopg2
