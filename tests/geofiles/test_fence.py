"""What holds the fenced process: which walls stand here, and that somebody hears of it where none does."""

import logging

import pytest

from core.checks import check_fence
from geofiles import confined, fence, sandbox
from tests.geofiles import builders


@pytest.fixture(autouse=True)
def forget():
    caches = (confined.network_walls, confined.has_bubblewrap, confined._tell_of_open_network)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_a_wall_that_works_here_is_found_by_trying_and_the_check_is_content():
    walls = confined.network_walls()

    assert set(walls) <= {"bubblewrap", "namespace", "system_calls"}
    assert walls
    assert check_fence() == []


@pytest.fixture
def no_wall(monkeypatch, tmp_path):
    """A machine without bubblewrap, whose kernel knows neither namespace nor filter."""
    program = tmp_path / "python"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = -c ]; then exit 0; fi\n'
        f'exec "{confined.sys.executable}" -c "'
        "from geofiles import fence, sandbox_child; fence.close_network = lambda: (); sandbox_child.main()"
        '"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(confined.sys, "executable", str(program))
    monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)


@pytest.mark.usefixtures("no_wall")
def test_without_any_wall_the_check_warns():
    found = check_fence()

    assert [(message.id, "bubblewrap" in message.hint) for message in found] == [("core.W005", True)]


@pytest.mark.usefixtures("no_wall")
def test_without_any_wall_the_log_says_so_once(tmp_path, caplog):
    path = tmp_path / "x.geojson"
    path.write_text(builders.geojson())

    with caplog.at_level(logging.ERROR, "geofiles"):
        counts = [len(sandbox.read_file(path)) for _time in range(2)]

    assert counts == [1, 1]
    assert [record.getMessage() for record in caplog.records] == [
        "fenced processes are not cut off from the network: no bubblewrap, no namespace, no seccomp"
    ]


def test_bubblewrap_that_may_not_do_all_we_ask_is_not_used(monkeypatch, tmp_path):
    """In some containers namespaces are allowed and a fresh /proc is not."""
    program = tmp_path / "bwrap"
    program.write_text('#!/bin/sh\ncase "$*" in *--proc*) exit 1;; esac\nexit 0\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    assert not confined.has_bubblewrap()


def test_the_filter_is_made_for_the_architectures_that_are_promised():
    assert set(fence._ARCHITECTURES) == {"x86_64", "aarch64"}
