"""The unprivileged account the server runs under when MMSearch itself is started by root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmsearch_site.embedded.errors import DatabaseStartError


@dataclass(frozen=True)
class Account:
    """A Unix account, and whether a child has to be switched to it."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def popen_options(self) -> dict[str, Any]:
        """Keywords for subprocess that start a child under this account."""
        options: dict[str, Any] = {"cwd": "/", "umask": 0o077}
        if self.is_other:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def may_enter(self, folder: Path) -> bool:
        """Whether this account can reach the folder through all its parents."""
        return self._succeeds("test", "-x", str(folder))

    def may_run(self, program: Path) -> bool:
        """Whether this account can read and start the program."""
        return self._succeeds("test", "-r", str(program), "-a", "-x", str(program))

    def _succeeds(self, *command: str) -> bool:
        try:
            done = subprocess.run(command, check=False, capture_output=True, **self.popen_options())  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            raise DatabaseStartError(
                f"PostgreSQL refuses to run as root, and switching to the account {self.name!r} "
                f"failed: {error}. Start MMSearch as an ordinary user."
            ) from error
        return done.returncode == 0


def server_account(cluster: Path) -> Account:
    """The account for the server: the owner of an existing cluster, else oneself, else for root
    ``postgres`` or ``nobody``."""
    if cluster.is_dir():
        owner = cluster.stat()
        if owner.st_uid != 0:
            return _owner_account(cluster, owner.st_uid, owner.st_gid)
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid())
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise DatabaseStartError(
        "PostgreSQL refuses to run as root and there is no account 'postgres' or 'nobody' to run "
        "it under. Start MMSearch as an ordinary user, or create the account 'postgres'."
    )


def _owner_account(cluster: Path, uid: int, gid: int) -> Account:
    if os.geteuid() not in {0, uid}:
        raise DatabaseStartError(
            f"The database {str(cluster)!r} belongs to another account (uid {uid}). Start MMSearch "
            "with that account, or name another folder in MMSEARCH_DATA_DIR."
        )
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Account(name, uid, gid)
