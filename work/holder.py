"""Who holds a lease: this very process, told apart from every other that had or will have its number.

A worker that was killed cannot give its lease back. Another process of the same machine can see that it is gone,
so nobody has to wait until the lease runs out; of other machines' processes nothing is concluded.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

PROC = Path("/proc")


def me() -> str:
    """Name this process as `boot/namespace/process id/start`; "" where the system does not tell these."""
    return _name(os.getpid())


def is_gone(holder: str) -> bool:
    """Whether it was a process of this machine, seen from here, and runs no more."""
    place, _, rest = holder.rpartition("/")
    place, _, pid = place.rpartition("/")
    return bool(place) and place == _place() and _started(int(pid)) != rest


@cache
def _name(pid: int) -> str:
    place, started = _place(), _started(pid)
    return f"{place}/{pid}/{started}" if place and started else ""


@cache
def _place() -> str:
    """Process ids mean something only within one boot and one PID namespace (a container has its own)."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when the process started, in clock ticks since the boot; "" if there is none or it is a zombie."""
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]
