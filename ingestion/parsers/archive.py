"""ZIP and TAR: each file inside becomes a member, under a name that we make."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser
from ingestion.parsers.cleaning import one_line, shown
from ingestion.parsers.zip_safety import BROKEN, check_ratio, open_zip, pieces
from ingestion.types import Limits, Member, Parsed, ParseRequest

_PIECE = 1 << 16
_LONGEST_NAME = 400
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_PACKED = {"application/gzip": gzip, "application/x-bzip2": bz2, "application/x-xz": lzma}
_BROKEN = (*BROKEN, tarfile.TarError, zlib.error, lzma.LZMAError)


@dataclass(slots=True)
class _Unpacking:
    """Members written so far, and what was left out."""

    request: ParseRequest
    limits: Limits
    members: list[Member] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    total: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no more members are taken; says so once."""
        if len(self.members) < self.limits.members and self.total < self.limits.unpacked_bytes:
            return False
        self.notices.append(
            f"Only the first {len(self.members):,} files of the archive were taken: at most "
            f"{self.limits.members:,} files and {self.limits.unpacked_bytes >> 20:,} MB are."
        )
        return True

    def take(self, name: str, content: Iterable[bytes]) -> None:
        """Write one member; a damaged or too large one leaves a notice instead."""
        file = f"member-{len(self.members) + 1:04d}"
        target = Path(self.request.output) / file
        packed = Path(self.request.path).stat().st_size
        label = member_name(name)
        try:
            with target.open("wb") as stream:
                for piece in content:
                    self.total += len(piece)
                    check_ratio(self.total, packed, shown(self.request.filename))
                    if self.total > self.limits.unpacked_bytes:
                        raise IngestError(f"{shown(label)} was left out: the archive is too large.")
                    stream.write(piece)
        except IngestError as error:
            target.unlink(missing_ok=True)
            if type(error) is not IngestError:
                raise
            self.notices.append(str(error))
        except _BROKEN as error:
            target.unlink(missing_ok=True)
            self.notices.append(f"{shown(label)} is damaged and was left out ({error}).")
        else:
            self.members.append(Member(file, label))


class ArchiveParser(Parser):
    """Members are never unpacked under their own names; links and devices are left out."""

    accepts = frozenset(
        {"application/zip", "application/x-tar", "application/gzip"}
        | {"application/x-bzip2", "application/x-xz"}
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """The members; an archive inside is one member and opened as a document of its own.

        Raises:
            TooLargeError: it unpacks to more than 100 times its size.
            IngestError: it is damaged so that nothing can be taken, or holds no file.
        """
        unpacking = _Unpacking(request, limits)
        if request.media_type == "application/zip":
            _take_zip(unpacking)
        else:
            _take_tar(unpacking)
        if not unpacking.members:
            why = " ".join(unpacking.notices[:3]) or "it holds no file."
            raise IngestError(f"Nothing in {shown(request.filename)} can be read: {why}")
        return Parsed(
            media_type=request.media_type,
            title=metadata.title_from_name(request.filename),
            members=tuple(unpacking.members),
            notices=tuple(unpacking.notices),
        )


def member_name(name: str) -> str:
    """What the archive calls a member, fit to be shown; never used as a path."""
    return one_line(name)[-_LONGEST_NAME:] or "without a name"


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or name.rpartition("/")[2] in _LITTER[1:]


def _take_zip(unpacking: _Unpacking) -> None:
    locked: list[str] = []
    with open_zip(unpacking.request) as archive:
        for entry in archive.infolist():
            name = _zip_name(entry)
            if entry.is_dir() or _is_litter(name) or _is_link(entry):
                continue
            if entry.flag_bits & 1:
                locked.append(shown(name))
                continue
            if unpacking.is_full:
                break
            unpacking.take(name, pieces(archive, entry, unpacking.request))
    if locked:
        unpacking.notices.append(
            f"{len(locked)} files are locked with a password and were left out, "
            f"{locked[0]} among them; pack them without one."
        )


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The name as meant: many programs write UTF-8 without saying so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return (entry.external_attr >> 16) & 0o170000 == 0o120000


def _take_tar(unpacking: _Unpacking) -> None:
    path = unpacking.request.path
    try:
        archive = tarfile.open(path, "r|*")  # noqa: SIM115
    except (*_BROKEN, MemoryError):
        if unpacking.request.media_type in _PACKED:
            _take_single(unpacking)
            return
        raise IngestError(f"{shown(unpacking.request.filename)} is a damaged TAR file.") from None
    skipped = seen = 0
    try:
        with archive:
            for entry in archive:
                seen += 1
                if unpacking.is_full:
                    break
                skipped += not _take_entry(unpacking, archive, entry)
    except _BROKEN as error:
        unpacking.notices.append(f"The archive is damaged after this ({error}).")
    if not seen and unpacking.request.media_type in _PACKED:
        _take_single(unpacking)  # a TAR file may begin like any file of zeros
    if skipped:
        unpacking.notices.append(f"{skipped} links or devices in the archive were left out.")


def _take_entry(unpacking: _Unpacking, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bool:
    """Take a file; False if it is a link or a device."""
    if entry.isdir() or _is_litter(entry.name):
        return True
    stream = archive.extractfile(entry) if entry.isreg() else None
    if stream is None:
        return False
    unpacking.take(entry.name, _read(stream))
    return True


def _read(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_PIECE):
            yield piece


def _take_single(unpacking: _Unpacking) -> None:
    """One file that was packed without an archive around it: paper.txt.gz."""
    request = unpacking.request
    name = request.filename.replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    opened: Any = _PACKED[request.media_type].open(request.path, "rb")  # type: ignore[attr-defined]
    unpacking.take(stem, _read(opened))
