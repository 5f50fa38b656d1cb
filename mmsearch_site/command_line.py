"""One management command from start to end: settings, database, exit status."""

import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import NoReturn

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line, get_commands

from mmsearch_site.embedded.cluster import Cluster
from mmsearch_site.embedded.errors import DatabaseStartError
from mmsearch_site.embedded.lease import running
from mmsearch_site.first_run import ensure_queues, ensure_tables

WITHOUT_DATABASE = frozenset(
    {
        "",
        "help",
        "version",
        "--help",
        "-h",
        "--version",
        "check",
        "collectstatic",
        "compilemessages",
    }
    | {"diffsettings", "findstatic", "makemessages", "spectacular", "startapp", "up"}
)
OURS = frozenset({"search", "ingestion", "frontend"})
WITHOUT_TABLES = frozenset({"doctor"})  # it says that they are missing


def run(argv: Sequence[str]) -> int:
    """The command's exit status: 2 for wrong settings, 130 and 143 when interrupted or ended."""
    signal.signal(signal.SIGTERM, _end)
    try:
        with database_for(argv):
            if _needs_tables(argv):
                ensure_tables()
            execute_from_command_line(list(argv))
            if argv[1:2] == ["migrate"] and "--help" not in argv:
                ensure_queues()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except DatabaseStartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def database_for(argv: Sequence[str]) -> AbstractContextManager[object]:
    """The embedded server, when the settings use it and the command needs a database."""
    command = argv[1] if len(argv) > 1 else ""
    asks_for_help = "--help" in argv or "-h" in argv
    if command in WITHOUT_DATABASE or asks_for_help or not settings.EMBEDDED_DATABASE:
        return nullcontext()
    return running(Cluster(settings.DATA_DIR))


def _needs_tables(argv: Sequence[str]) -> bool:
    """Whether it is a command of ours that reads or writes rows."""
    command = argv[1] if len(argv) > 1 else ""
    if command in WITHOUT_TABLES | WITHOUT_DATABASE or "--help" in argv or "-h" in argv:
        return False
    django.setup()
    return get_commands().get(command) in OURS


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
