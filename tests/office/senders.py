"""Senders of the tests: one that keeps what it sent, one that fails as told."""

import threading

from office.senders import PermanentFailure, TemporaryFailure

sent: list[tuple[str, str, str]] = []
troubles: list[Exception] = []
_lock = threading.Lock()


class Keeping:
    """Keeps what it is given; first raises what stands in `troubles`, one per call."""

    def send(self, address: str, subject: str, text: str) -> str:
        with _lock:
            if troubles:
                raise troubles.pop(0)
            sent.append((address, subject, text))
            return f"no-{len(sent)}"


def temporary() -> Exception:
    return TemporaryFailure("busy")


def permanent() -> Exception:
    return PermanentFailure("no such number")
