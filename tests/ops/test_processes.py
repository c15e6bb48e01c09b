"""A process is ours only if number, start and boot agree."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ops import processes


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_process_is_recalled_while_it_runs_and_not_after(sleeper, tmp_path):
    note = tmp_path / "web.json"
    processes.remember(processes.identify(sleeper.pid), note)

    while_running = processes.recall(note)
    sleeper.kill()
    sleeper.wait()

    assert while_running is not None and while_running.pid == sleeper.pid
    assert processes.recall(note) is None


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another boot"}], ids=["start", "boot"])
def test_process_with_the_same_number_but_another_life_is_a_stranger(change, sleeper, tmp_path):
    stranger = dataclasses.replace(processes.identify(sleeper.pid), **change)
    note = tmp_path / "web.json"
    processes.remember(stranger, note)

    processes.end(stranger, patience_s=0)

    assert processes.recall(note) is None
    assert sleeper.poll() is None


def test_end_ends_the_process(sleeper):
    processes.end(processes.identify(sleeper.pid), patience_s=5)

    assert sleeper.wait(timeout=5) != 0


def test_end_uses_force_on_a_process_that_does_not_listen():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True, stdout=subprocess.PIPE)
    process.stdout.readline()

    processes.end(processes.identify(process.pid), patience_s=0.2)

    assert process.wait(timeout=5) == -9
    process.stdout.close()


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"pid": 1}'], ids=["empty", "no keys", "noise", "half"])
def test_unreadable_note_means_not_ours(text, tmp_path):
    note = tmp_path / "web.json"
    note.write_text(text)

    assert processes.recall(note) is None
