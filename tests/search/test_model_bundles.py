"""Models carried to a machine without a network, with checksums."""

import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from search.model_bundles import BundleError, pack, unpack


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"\x08" + bytes(7) + b"{}      ")
    (folder / "config.json").write_text("{}")
    (folder / "1_Pooling" / "config.json").write_text('{"pooling": "lasttoken"}')
    (folder / "run.py").write_text("print('code')")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    return folder


def test_a_model_arrives_as_it_left_without_what_could_run_code(
    model: Path, tmp_path: Path
) -> None:
    pack(model, tmp_path / "tiny.zip")
    folder = unpack(tmp_path / "tiny.zip", tmp_path / "here")
    assert folder == tmp_path / "here" / "tiny"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {"model.safetensors", "config.json", "1_Pooling/config.json"}
    assert (folder / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()


def test_a_bundle_that_was_changed_is_refused_and_leaves_nothing(
    model: Path, tmp_path: Path
) -> None:
    sums = pack(model, tmp_path / "tiny.zip")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"name": "tiny", "sha256": sums}))
        for name in sums:
            archive.writestr(name, b"something else")
    with pytest.raises(BundleError, match="not as it was packed"):
        unpack(tmp_path / "bad.zip", tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize("name", ["../model.safetensors", "/etc/x.json", "run.py", "weights.bin"])
def test_a_file_that_does_not_belong_into_a_model_is_refused(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"name": "tiny", "sha256": {name: "0" * 64}}))
        archive.writestr(name, b"x")
    with pytest.raises(BundleError, match="does not belong"):
        unpack(tmp_path / "bad.zip", tmp_path / "here")


def test_what_is_no_bundle_or_there_already_is_refused_by_name(model: Path, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"no")
    with pytest.raises(BundleError, match=r"no\.zip"):
        unpack(tmp_path / "no.zip", tmp_path / "here")
    pack(model, tmp_path / "tiny.zip")
    unpack(tmp_path / "tiny.zip", tmp_path / "here")
    with pytest.raises(BundleError, match="there already"):
        unpack(tmp_path / "tiny.zip", tmp_path / "here")
    assert unpack(tmp_path / "tiny.zip", tmp_path / "here", called="other").name == "other"


def test_the_command_packs_and_imports(
    model: Path, tmp_path: Path, settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MMSEARCH = settings.MMSEARCH | {"MODELS_DIR": str(tmp_path / "models")}
    call_command("model", "pack", str(model), str(tmp_path / "tiny.zip"))
    call_command("model", "import", str(tmp_path / "tiny.zip"), "--json")
    assert (tmp_path / "models" / "tiny" / "model.safetensors").is_file()
    settings.MMSEARCH = settings.MMSEARCH | {"OFFLINE": True}
    with pytest.raises(CommandError, match="MMSEARCH_OFFLINE"):
        call_command("model", "fetch", "some/model")
