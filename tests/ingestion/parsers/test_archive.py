import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.errors import IngestError, TooLargeError
from ingestion.parsers.archive import member_name
from ingestion.types import Limits
from tests.ingestion.parsers.papers import bench_file, output_of, parsed, zipped, zipped_as


def tarred(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for entry, content in members:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def contents(result, name, folder):
    return {m.name: (output_of(name, folder) / m.file).read_bytes() for m in result.members}


def test_each_file_becomes_a_member_under_a_name_of_ours(tmp_path):
    inner = zipped(x__txt="nested")
    archive = zipped_as(
        {"a/b.txt": "one", "inner.zip": inner, "__MACOSX/._a": "litter", "dir/": ""}
    )
    result = parsed(archive, "x.zip", tmp_path)
    assert contents(result, "x.zip", tmp_path) == {"a/b.txt": b"one", "inner.zip": inner}
    assert [member.file for member in result.members] == ["member-0001", "member-0002"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_files_are_read_however_they_are_packed(tmp_path, mode):
    archive = tarred((tarfile.TarInfo("a.txt"), b"one"), mode=mode)
    assert contents(parsed(archive, "x.tar", tmp_path), "x.tar", tmp_path) == {"a.txt": b"one"}


def test_a_single_packed_file_loses_its_ending(tmp_path):
    result = parsed(gzip.compress(b"one"), "notes.txt.gz", tmp_path)
    assert contents(result, "notes.txt.gz", tmp_path) == {"notes.txt": b"one"}


def test_links_and_devices_are_left_out_and_said(tmp_path):
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device = tarfile.TarInfo("null")
    device.type = tarfile.CHRTYPE
    archive = tarred((tarfile.TarInfo("a"), b"1"), (link, b""), (device, b""))
    result = parsed(archive, "x.tar", tmp_path)
    assert [member.name for member in result.members] == ["a"]
    assert result.notices == ("2 links or devices in the archive were left out.",)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.text(min_size=1, max_size=300).filter(lambda n: not n.endswith("/") and "\0" not in n)
)
def test_no_name_in_an_archive_leaves_the_output_folder(tmp_path, name):
    try:
        archive = zipped_as({name: "x", "../../out.txt": "y", "C:\\boot.ini": "z"})
    except (UnicodeEncodeError, UserWarning):
        return
    result = parsed(archive, "x.zip", tmp_path)
    assert all(member.file.startswith("member-") for member in result.members)
    assert {p.name for p in tmp_path.iterdir()} == {"upload", "out-x.zip"}


@given(st.text(st.characters()))
def test_a_member_has_a_name_that_can_be_shown(name):
    assert 0 < len(member_name(name)) <= 400
    member_name(name).encode()


def test_a_bomb_is_refused(tmp_path):
    with pytest.raises(TooLargeError, match="more than 100 times its size"):
        parsed(zipped(zeros=b"\0" * (40 << 20)), "bomb.zip", tmp_path)
    with pytest.raises(TooLargeError, match="more than 100 times its size"):
        parsed(gzip.compress(b"\0" * (40 << 20)), "bomb.gz", tmp_path)


def test_limits_on_number_and_size_keep_what_fits(tmp_path):
    archive = zipped_as({f"{n}.txt": "x" * 100 for n in range(20)})
    few = parsed(archive, "x.zip", tmp_path, Limits(members=5))
    assert len(few.members) == 5
    assert "Only the first 5 files" in few.notices[0]
    small = parsed(archive, "y.zip", tmp_path, Limits(unpacked_bytes=250))
    assert len(small.members) == 2
    assert small.notices


def test_sizes_in_the_table_of_contents_are_not_believed(tmp_path):
    raw = bytearray(zipped(big="x" * 5000))
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(IngestError, match=r"Nothing in x\.zip can be read"):
        parsed(bytes(raw), "x.zip", tmp_path)


def test_a_locked_member_leaves_the_others(tmp_path):
    raw = bytearray(zipped_as({"locked.txt": "x", "open.txt": "y"}))
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(sign) + offset] |= 1
    result = parsed(bytes(raw), "x.zip", tmp_path)
    assert [member.name for member in result.members] == ["open.txt"]
    assert "1 files are locked" in result.notices[0]


def test_a_damaged_member_leaves_the_others(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bad.txt", "x" * 50)
        archive.writestr("good.txt", "y")
    result = parsed(buffer.getvalue().replace(b"x" * 50, b"z" * 50), "x.zip", tmp_path)
    assert [member.name for member in result.members] == ["good.txt"]
    assert "damaged" in result.notices[0]


def test_an_archive_of_nothing_is_refused(tmp_path):
    with pytest.raises(IngestError, match="holds no file"):
        parsed(zipped_as({"dir/": ""}), "x.zip", tmp_path)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["zip-slip-win.zip", "zip-slip.tar"])
def test_names_that_climb_out_are_only_names(tmp_path, name):
    result = parsed(bench_file("hostile", "archives", name), name, tmp_path)
    assert any(".." in member.name for member in result.members)
    assert {p.name for p in tmp_path.iterdir()} == {f"out-{name}"}
