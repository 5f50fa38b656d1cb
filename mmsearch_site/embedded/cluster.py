"""One embedded PostgreSQL cluster: made, started, asked, stopped."""

import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from mmsearch_site.embedded.ballast import trim_ballast
from mmsearch_site.embedded.errors import DatabaseStartError
from mmsearch_site.embedded.leftovers import clear_leftovers, postmaster_pid
from mmsearch_site.embedded.places import find_places, own_folder
from mmsearch_site.embedded.roles import SUPERUSER, Access, prepare
from mmsearch_site.embedded.secrets import kept_secret
from mmsearch_site.embedded.tuning import server_arguments

log = logging.getLogger("mmsearch.database")

START_TIMEOUT_S = 600.0  # recovery after a crash reads back everything since the last checkpoint
_MOMENTARY = ("another postmaster", "already exists", "pre-existing shared memory", "still in use")


class Cluster:
    """The PostgreSQL of one data folder. Start and stop are safe to repeat."""

    def __init__(self, data_dir: Path, settings: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.places = find_places(data_dir)
        self._settings = settings or {}
        self.access = Access(self.places, data_dir, self._settings.get("port", "5432"))
        self._process: subprocess.Popen[bytes] | None = None

    def init(self) -> None:
        """Make the cluster when there is none; an interrupted attempt is thrown away."""
        places = self.places
        if (places.cluster / "PG_VERSION").is_file():
            return
        places.home.mkdir(mode=0o711, exist_ok=True)
        draft = places.home / "cluster.draft"
        shutil.rmtree(draft, ignore_errors=True)
        own_folder(draft, places.account)
        password = places.home / "superuser.draft"
        try:
            password.touch(mode=0o600)
            password.write_text(kept_secret(self.data_dir, "postgres-superuser-password"))
            os.chown(password, places.account.uid, places.account.gid)
            done = subprocess.run(  # noqa: S603
                self._initdb_command(draft, password),
                capture_output=True,
                check=False,
                **places.account.popen_options(),
            )
        finally:
            password.unlink(missing_ok=True)
        if done.returncode:
            raise DatabaseStartError(
                f"The database could not be made in {str(draft)!r}: "
                f"{done.stderr.decode(errors='replace').strip()}"
            )
        draft.rename(places.cluster)

    def start(self, *, timeout_s: float = START_TIMEOUT_S) -> bool:
        """Bring the server up, with role, database and extensions; True when it was down before."""
        self.init()
        if self.is_ready():
            prepare(self.access)
            return False
        for folder in (self.places.socket, self.places.log):
            own_folder(folder, self.places.account)
        trim_ballast(self.places.home)
        deadline = time.monotonic() + timeout_s
        while not self._launched(deadline):
            time.sleep(0.3)  # an old postmaster is on its way out
        prepare(self.access)
        return True

    def stop(self, *, timeout_s: float = 8.0) -> None:
        """Stop the server: open transactions are rolled back, everything committed is on disk."""
        if postmaster_pid(self.places) is None:
            return
        done = self._pg_ctl("stop", "-m", "fast", "-w", "-t", str(int(timeout_s)))
        if done.returncode and postmaster_pid(self.places) is not None:
            log.warning("The database did not stop within %.0f s; it is cut off.", timeout_s)
            self._pg_ctl("stop", "-m", "immediate", "-w", "-t", "5")
        if self._process is not None:
            self._process.wait(timeout=30)
            self._process = None

    def settle(self) -> None:
        """Write what is only in memory and log to its place, so that a stop has little to do."""
        try:
            with self.access.superuser() as connection:
                connection.execute("CHECKPOINT")
        except psycopg.Error as error:
            log.debug("No checkpoint before the stop: %s", error)

    def is_ready(self) -> bool:
        """Whether a connection succeeds now; pid files are not believed."""
        return self._refusal() is None

    def is_alive(self) -> bool:
        """Whether the server process is there, ready or still recovering."""
        return postmaster_pid(self.places) is not None

    def _launched(self, deadline: float) -> bool:
        """Start the server unless one is coming up, and wait; False when worth another try."""
        if not self.is_alive():
            clear_leftovers(self.places)
            self._spawn()
        began, announced = time.monotonic(), False
        while (refusal := self._refusal()) is not None:
            if self._has_died():
                return self._explain_death()
            if time.monotonic() > deadline:
                raise DatabaseStartError(
                    f"The database is still not ready: {refusal}. Its log is in "
                    f"{str(self.places.log)!r}."
                )
            if not announced and time.monotonic() - began > 5:
                announced = True
                log.warning("The database is starting up; after a crash this can take minutes.")
            time.sleep(0.1)
        return True

    def _spawn(self) -> None:
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603
                server_arguments(self.places, self._settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we stop it in good order
                **self.places.account.popen_options(),
            )

    @property
    def _output(self) -> Path:
        return self.data_dir / "log" / "postgresql-start.log"

    def _has_died(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return not self.is_alive()

    def _explain_death(self) -> bool:
        """False when the cause passes by itself; else the server's own words as an error."""
        self._process = None
        said = self._output.read_text(encoding="utf-8", errors="replace").strip()
        if any(phrase in said for phrase in _MOMENTARY):
            return False
        newest = max(self.places.log.glob("*.log"), key=lambda f: f.stat().st_mtime, default=None)
        if newest is not None:
            said += "\n" + newest.read_text(encoding="utf-8", errors="replace")[-1500:].strip()
        raise DatabaseStartError(f"The database did not start. It said:\n{said}")

    def _refusal(self) -> str | None:
        """Why a connection fails now; None when it succeeds."""
        try:
            with self.access.superuser():
                return None
        except psycopg.OperationalError as error:
            text = " ".join(str(error).split())
            if "password authentication failed" in text:
                raise DatabaseStartError(
                    f"The running database refuses the password kept in {str(self.data_dir)!r}: it "
                    "belongs to another data folder. Restore the folder 'secrets' that was made "
                    "with it, or name another folder in MMSEARCH_DATA_DIR."
                ) from error
            return text

    def _pg_ctl(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603
            [self.places.program("pg_ctl"), "-D", str(self.places.cluster), *arguments],
            capture_output=True,
            check=False,
            **self.places.account.popen_options(),
        )

    def _initdb_command(self, folder: Path, password: Path) -> list[str]:
        sync = ["--sync-method=syncfs"] if sys.platform == "linux" else []
        if self._settings.get("fsync") == "off":
            sync = ["--no-sync"]
        return [
            self.places.program("initdb"),
            *("-D", str(folder), "-U", SUPERUSER, f"--pwfile={password}"),
            *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--data-checksums"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--locale=C", "--text-search-config=english"),
            *sync,
        ]
