"""What the fenced process does to itself before it looks at a stranger's file: it gives up the network for good.

Bubblewrap, where it works, has already put it into a network namespace with no way out. These two need no program:
a namespace of its own by ``unshare(2)`` where the kernel lets ordinary users have one, and a filter on system calls
(``seccomp(2)``, which every current kernel allows after ``PR_SET_NO_NEW_PRIVS``) under which no socket can be made.
Both are inherited by threads and children and can't be taken back.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import struct
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
# linux/audit.h; numbers of socket(2), connect(2), and of io_uring_setup(2), through which sockets could be made too.
_ARCHITECTURES = {
    "x86_64": (0xC000003E, (41, 42, 425)),
    "aarch64": (0xC00000B7, (198, 203, 425)),
}
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, JEQ|K, JGE|K, RET|K
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 13, 0x80000000  # 13: EACCES
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4  # struct seccomp_data
_X32_BIT = 0x40000000  # calls of the 32-bit ABI of x86-64 have other numbers


def close_network() -> tuple[str, ...]:
    """Cut this process off; which of ``namespace`` and ``system_calls`` took hold. Call it before any thread starts."""
    library = ctypes.CDLL(None, use_errno=True)
    held = []
    if _own_namespace(library):
        held.append("namespace")
    if _no_sockets(library):
        held.append("system_calls")
    return tuple(held)


def die_with_parent() -> None:
    """Have the kernel end this process when the one that started it ends, however that happens."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _own_namespace(library: ctypes.CDLL) -> bool:
    user, group = os.getuid(), os.getgid()
    if library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with contextlib.suppress(OSError):  # the old numbers are a comfort only: the kernel still knows who we are
            Path(f"/proc/self/{name}").write_text(text, "ascii")
    return True


def _no_sockets(library: ctypes.CDLL) -> bool:
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return False
    architecture, refused = known
    program = _program(architecture, refused)
    code = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack(
        "@HxxxxxxP" if struct.calcsize("P") == 8 else "@HxxP", len(program) // 8, ctypes.addressof(code)
    )
    header = ctypes.create_string_buffer(filters, len(filters))
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(library.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0) == 0)


def _program(architecture: int, refused: tuple[int, ...]) -> bytes:
    """The filter: another architecture ends the process, x32 and the named calls fail with EACCES, all else passes."""
    checks = [(_JUMP_ABOVE, _X32_BIT), *((_JUMP_EQUAL, number) for number in refused)]
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((kind, len(checks) - at, 0, value) for at, (kind, value) in enumerate(checks)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("@HBBI", *step) for step in steps)
