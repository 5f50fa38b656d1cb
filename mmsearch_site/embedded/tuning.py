"""Server settings of the embedded PostgreSQL."""

import os
from pathlib import Path

from mmsearch_site.embedded.places import Places

MB = 1024 * 1024
LEAST_BUFFERS_MB, MOST_BUFFERS_MB = 192, 4096
_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container; absent or "max" without one

SERVER_SETTINGS = {
    # Reached through a socket that only its owner and root may open, never over the network.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    # Modest memory for each question; what they share is set by ``memory_settings``.
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    # Short queries: parallel workers and compilation cost more than they bring.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    # Nothing acknowledged is lost.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "wal_compression": "on",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    # One file a day for a week; neither queries nor values, for they are what people ask.
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


def server_arguments(places: Places, overrides: dict[str, str]) -> list[str]:
    """The command that starts the server in the foreground."""
    settings = SERVER_SETTINGS | memory_settings(machine_memory()) | overrides
    settings |= {
        "unix_socket_directories": _quoted(str(places.socket)),
        "log_directory": str(places.log),
    }
    command = [places.program("postgres"), "-D", str(places.cluster)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command


def memory_settings(memory: int) -> dict[str, str]:
    """What the server may keep in memory on a machine of so many bytes.

    An eighth for pages, since the models need the rest. It is taken as the library grows into it:
    a small one never is.
    """
    buffers_mb = min(max(memory // 8 // MB, LEAST_BUFFERS_MB), MOST_BUFFERS_MB)
    return {
        "shared_buffers": f"{buffers_mb}MB",
        "effective_cache_size": f"{max(memory // 2 // MB, 1024)}MB",
    }


def machine_memory(limit: Path = _LIMIT) -> int:
    """Bytes of memory of this machine, or of the container it is."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(memory, int(limit.read_text()))
    except (OSError, ValueError):
        return memory


def _quoted(path: str) -> str:
    """A path as one element of a list setting."""
    return '"' + path.replace('"', '""') + '"'
