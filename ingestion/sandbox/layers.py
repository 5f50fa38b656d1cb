"""What a child gives up before it reads a file. Each layer is one function in ``LAYERS``.

A layer gets the limits and returns nothing; one that the system refuses raises OSError and
is left out, which ``active_layers`` and so ``doctor`` say. Landlock and seccomp rules belong
at the end of the list, since they forbid the calls that the earlier layers make.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingestion.types import Limits

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
OPEN_FILES = 128
CPU_GRACE_S = 5  # between the signal that can be reported and the one that cannot be caught


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process.

    Raises:
        OSError: the system has no such attribute.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(f"prctl({option}) exists on Linux only.")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def mapped_bytes() -> int:
    """The address space this process already uses; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def die_with_parent(_limits: Limits) -> None:
    """The kernel kills this process when the template that forked it dies.

    The signal is tied to the parent's thread; the template has only one.
    """
    parent = os.getppid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call
        os._exit(1)


def no_new_privileges(_limits: Limits) -> None:
    """No program started from here gains rights by a set-user-id bit."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def first_to_go(_limits: Limits) -> None:
    """When the machine runs out of memory, the kernel takes this process first."""
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def resource_limits(limits: Limits) -> None:
    """Memory, CPU time, size of a file, open files, no core dump.

    Memory is address space on top of what the template had mapped before the fork, which
    is some hundred megabytes of libraries that cost nothing.
    """
    most = {
        resource.RLIMIT_AS: (mapped_bytes() + limits.memory_bytes,) * 2,
        resource.RLIMIT_CPU: (limits.cpu_s, limits.cpu_s + CPU_GRACE_S),
        resource.RLIMIT_FSIZE: (limits.output_bytes,) * 2,
        resource.RLIMIT_NOFILE: (OPEN_FILES,) * 2,
        resource.RLIMIT_CORE: (0, 0),
    }
    for kind, wanted in most.items():
        ceiling = resource.getrlimit(kind)[1]
        if ceiling == resource.RLIM_INFINITY:
            resource.setrlimit(kind, wanted)
        else:
            resource.setrlimit(kind, (min(wanted[0], ceiling), min(wanted[1], ceiling)))


def no_network(_limits: Limits) -> None:
    """An empty network of its own, and a user namespace that allows making one without root."""
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)


@dataclass(frozen=True, slots=True)
class Layer:
    """One thing a child gives up. ``name`` is what ``doctor`` prints."""

    name: str
    apply: Callable[[Limits], None]
    required: bool = False  # without it nothing is read


LAYERS: tuple[Layer, ...] = (
    Layer("dies with its parent", die_with_parent),
    Layer("no new privileges", no_new_privileges),
    Layer("first to go when memory ends", first_to_go),
    Layer("no network", no_network),
    Layer("resource limits", resource_limits, required=True),
)


def apply_layers(limits: Limits) -> list[str]:
    """Apply every layer to this process; the names of those the system granted.

    Raises:
        OSError: a required layer was refused.
    """
    granted = []
    for layer in LAYERS:
        try:
            layer.apply(limits)
        except (OSError, AttributeError):  # AttributeError: this Python or system lacks the call
            if layer.required:
                raise
            continue
        granted.append(layer.name)
    return granted


def active_layers() -> list[str]:
    """The layers this system grants, found out by a child that applies them and exits.

    Safe in a process with threads: the probe is a fresh interpreter, not a fork.
    """
    import subprocess

    program = (
        "from ingestion.sandbox.layers import apply_layers\n"
        "from ingestion.types import Limits\n"
        "print('\\n'.join(apply_layers(Limits())))"
    )
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program],
        capture_output=True,
        check=False,
        cwd=root,
        env={"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
        timeout=30,
    )
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []
