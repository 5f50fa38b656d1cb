"""Server settings of the embedded PostgreSQL."""

from mmsearch_site.embedded.places import Places

SERVER_SETTINGS = {
    # Reached through a socket that only its owner and root may open, never over the network.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    # Modest memory: the models need the rest.
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
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
    settings = SERVER_SETTINGS | overrides
    settings |= {
        "unix_socket_directories": _quoted(str(places.socket)),
        "log_directory": str(places.log),
    }
    command = [places.program("postgres"), "-D", str(places.cluster)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command


def _quoted(path: str) -> str:
    """A path as one element of a list setting."""
    return '"' + path.replace('"', '""') + '"'
