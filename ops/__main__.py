"""`python3 -m ops <command> [words]`: what the Makefile calls."""

import os
import sys
import traceback

if sys.version_info < (3, 11):  # noqa: UP036  (the machine's Python may be older than the project's)
    sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".")

from ops import places, running, testing, tooling
from ops.shell import Refused


def main(command: str, words: list[str]) -> int:
    """Run one command; returns its exit code. What a person can mend is told without a traceback."""
    os.umask(0o022)  # the service user has to read what root makes; secrets get their mode one by one
    actions = {
        "run": running.make_run,
        "stop": running.make_stop,
        "setup": running.make_setup,
        "demo": lambda: running.make_demo(words),
        "manage": lambda: running.make_manage(words),
        "clean": lambda: running.make_clean(os.environ.get("SURE") == "1"),
        "test": lambda: testing.make_test(words),
        "check": tooling.make_check,
        "check-locks": lambda: tooling.check_locks(places.CHECKOUT),
        "format": tooling.make_format,
        "lock": lambda: tooling.make_lock(upgrade=os.environ.get("UPGRADE") == "1"),
        "messages": tooling.make_messages,
        "bench": lambda: tooling.make_bench(words),
        "soak": lambda: tooling.make_soak(words),
    }
    if command not in actions:
        print(f"Unknown command {command!r}; there are: {', '.join(actions)}.", file=sys.stderr)
        return 2
    try:
        return actions[command]() or 0
    except Refused as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; run the same command again to go on.", file=sys.stderr)
        return 130
    except OSError:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:]))
