"""A parse function that does what the file says: how a child taken over by its file acts."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from ingestion.errors import IngestError
from ingestion.media import progress
from ingestion.types import Block, Limits, Media, Parsed, ParseRequest


def parse(request: ParseRequest, limits: Limits) -> Parsed:
    """Act on the file's first word; the second is its argument."""
    verb, _, argument = Path(request.path).read_text().partition(" ")
    return ACTS[verb](request, limits, argument)


def tell(text: str) -> Parsed:
    return Parsed("text/plain", blocks=(Block(text),))


def _words(_request, _limits, argument):
    return tell(argument)


def _refuse(_request, _limits, argument):
    raise IngestError(argument)


def _fail(_request, _limits, argument):
    raise ValueError(f"secret {argument}")


def _signal(_request, _limits, argument):
    os.kill(os.getpid(), getattr(signal, argument))
    time.sleep(30)


def _segfault(_request, _limits, _argument):
    ctypes.string_at(0)


def _memory(_request, _limits, _argument):
    kept = []
    while True:
        kept.append(b"x" * (16 << 20))


def _spin(_request, _limits, _argument):
    while True:
        pass


def _sleep(request, _limits, argument):
    Path(request.output, "pid").write_text(str(os.getpid()))
    time.sleep(float(argument or 60))
    return tell("slept")


def _helper(request, _limits, _argument):
    """Start a program that leaves its process group, as one that wants to survive would."""
    program = "import os,time,sys; os.setsid(); print(os.getpid(), flush=True); time.sleep(60)"
    started = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    pid = int(started.stdout.readline())
    return tell(str(pid))


def _flood(request, _limits, _argument):
    for number in range(1_000_000):
        Path(request.output, f"flood-{number}.bin").write_bytes(b"x" * (1 << 20))
    return tell("done")


def _big_file(request, _limits, _argument):
    with open(Path(request.output, "flood.bin"), "wb") as file:
        while True:
            file.write(b"x" * (1 << 20))


def _shout(_request, _limits, _argument):
    for _ in range(20_000):
        os.write(1, b"x" * 4096)
        os.write(2, b"x" * 4096)
    return tell("shouted")


def _progress_flood(_request, _limits, _argument):
    progress._listener(0.0)
    for number in range(5):
        progress.report(number / 5)
        time.sleep(0.15)
    return tell("reported")


def _network(_request, _limits, argument):
    try:
        with socket.create_connection(("127.0.0.1", int(argument)), timeout=2):
            return tell("connected")
    except OSError as error:
        return tell(f"refused: {error}")


def _environment(_request, _limits, _argument):
    return tell("\n".join(f"{name}={value}" for name, value in os.environ.items()))


def _modules(_request, _limits, _argument):
    return tell("\n".join(sys.modules))


def _descriptors(_request, _limits, _argument):
    return tell(" ".join(os.listdir("/proc/self/fd")))


def _raise_limit(_request, _limits, _argument):
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    except (ValueError, OSError):
        return tell("kept")
    return tell("raised")


def _lie(request, _limits, argument):
    """Give back what the argument names: files that are not ours, numbers out of range."""
    if argument == "link":
        Path(request.output, "page.webp").symlink_to("/etc/passwd")
        return Parsed("text/plain", media=(Media("image", "page.webp"),))
    if argument == "hardlink":
        Path(request.output, "page.webp").hardlink_to(request.path)
        return Parsed("text/plain", media=(Media("image", "page.webp"),))
    if argument == "path":
        return Parsed("text/plain", media=(Media("image", "../../etc/passwd"),))
    if argument == "result":
        Path(request.output, "result.json").symlink_to("/etc/passwd")
        os._exit(0)
    if argument == "junk":
        Path(request.output, "result.json").write_bytes(b"[" * 1_000_000)
        os._exit(0)
    return Parsed("text/plain", blocks=(Block("x", page=-1),))


def _leftovers(request, _limits, _argument):
    Path(request.output, "kept.webp").write_bytes(b"x")
    Path(request.output, "Not Ours").write_bytes(b"x")
    Path(request.output, "folder").mkdir()
    Path(request.output, "folder", "deep").write_bytes(b"x")
    return tell("left")


ACTS = {
    "words": _words,
    "refuse": _refuse,
    "fail": _fail,
    "signal": _signal,
    "segfault": _segfault,
    "memory": _memory,
    "spin": _spin,
    "sleep": _sleep,
    "helper": _helper,
    "flood": _flood,
    "big_file": _big_file,
    "shout": _shout,
    "progress": _progress_flood,
    "network": _network,
    "environment": _environment,
    "modules": _modules,
    "descriptors": _descriptors,
    "raise_limit": _raise_limit,
    "lie": _lie,
    "leftovers": _leftovers,
}
