"""Imports whose workers are killed, and overlapping saves at once: `make soak` runs it after the issuing of codes.

`python -m benchmarks.importing_soak [--kills 500] [--pairs 10000]`. Kills: an import of one of five formats after the
other is read and stored by workers that get SIGKILL at a random moment; each time the rows and the plots are all there
or none, the job done again brings them, and no temporary file is left. Pairs: two connections save plots that lie on
each other; never are both in good standing, and there is always exactly one refusal or one case.
"""

import argparse
import json
import os
import subprocess
import sys

from benchmarks import province
from benchmarks.province import ROOT

NAME = f"{province.PREFIX}import_soak"
LIMIT_S = 8 * 3_600
PEOPLE = """
from accounts.models import User
from cooperatives.models import Cooperative, CooperativeStatus, Membership, MemberRole
from places.models import AdministrativeUnit
seat = AdministrativeUnit.objects.current().communes().filter(boundary__isnull=False).order_by("code").first()
for slug in ("soak-a", "soak-b"):
    holder = Cooperative.objects.create(
        slug=slug, name=slug, search_key=slug, status=CooperativeStatus.VERIFIED, commune=seat
    )
    clerk = User.objects.create(username=slug, email=slug + "@example.vn")
    Membership.objects.create(cooperative=holder, user=clerk, role=MemberRole.CLERK)
"""


def main(words: list[str]) -> int:
    """Do both; print what was found; 0 where nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importing_soak", description="Imports that are killed.")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=10_000)
    chosen = parser.parse_args(words)
    environment = province.prepare_empty(NAME)
    # The quota of a day is not what is tried here.
    environment |= {"IMPORT_FILES_A_DAY": "1000000", "IMPORT_BYTES_A_DAY": str(1024**4), "DATABASE_ROLE": "owner"}
    try:
        _run(environment, "manage.py", "shell", "-v", "0", "-c", PEOPLE)
        found = [
            json.loads(_run(environment, "-m", "benchmarks.importing_attack", "kills", str(chosen.kills))),
            json.loads(_run(environment, "-m", "benchmarks.importing_attack", "pairs", str(chosen.pairs))),
        ]
    finally:
        province._drop(NAME)
    print(json.dumps(found, indent=1))
    return int(any(part["wrong"] for part in found))


def _run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **environment}, check=True, text=True,
        stdout=subprocess.PIPE, timeout=LIMIT_S,
    )  # fmt: skip
    return done.stdout.strip().rpartition("\n")[2]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
