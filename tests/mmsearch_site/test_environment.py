"""Settings from the environment: named when wrong, listed in .env.example, read in one place."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from mmsearch_site import env

PACKAGES = ("mmsearch_site", "search", "ingestion", "frontend")
READERS = {"env_str", "env_bool", "env_int", "env_list", "env_secret", "env_choice"}
_OWN_NAME = re.compile(r"MMSEARCH_[A-Z0-9_]+")


def modules() -> list[Path]:
    return [path for name in PACKAGES for path in (settings.BASE_DIR / name).rglob("*.py")]


def names_read() -> set[str]:
    """First arguments of the readers, and names that a table hands to them."""
    found = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in READERS and node.args:
                found.add(getattr(node.args[0], "value", ""))
            elif isinstance(node, ast.Constant) and _OWN_NAME.fullmatch(str(node.value)):
                found.add(str(node.value))
    return found - {""}


def test_every_variable_that_is_read_is_in_the_example_and_no_other() -> None:
    example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    listed = set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", example, flags=re.MULTILINE))

    assert listed == names_read()


def test_the_environment_is_read_in_one_module_only() -> None:
    reading = re.compile(r"os\.(getenv|environ\.get|environ\[[^\]]+\](?! =))")
    elsewhere = [
        str(path.relative_to(settings.BASE_DIR))
        for path in modules()
        if path.name != "env.py" and reading.search(path.read_text(encoding="utf-8"))
    ]

    assert elsewhere == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("many", "MM_TEST is 'many'; write a whole number."),
        ("70000", "MM_TEST is 70000; write a number from 1 to 65535."),
        ("0", "MM_TEST is 0; write a number from 1 to 65535."),
    ],
)
def test_a_number_that_is_none_or_too_large_is_named(
    value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MM_TEST", value)
    with pytest.raises(ImproperlyConfigured, match=re.escape(says)):
        env.env_int("MM_TEST", 8000, least=1, most=65535)


def test_a_word_that_is_neither_yes_nor_no_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_TEST", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="MM_TEST is 'perhaps'"):
        env.env_bool("MM_TEST")
    with pytest.raises(ImproperlyConfigured, match="write one of web, worker"):
        env.env_choice("MM_TEST", ("web", "worker"))


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_TEST_FILE", "/nowhere/at/all")
    with pytest.raises(ImproperlyConfigured, match="MM_TEST_FILE is '/nowhere/at/all'"):
        env.env_secret("MM_TEST")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "70000", "PORT is 70000; write a number from 1 to 65535."),
        ("MMSEARCH_LLM_URL", "http://127.0.0.1:1/v1", "MMSEARCH_LLM_MODEL is not"),
    ],
)
def test_a_wrong_value_stops_a_command_with_a_sentence(
    name: str, value: str, says: str, data_dir: Path
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment |= {"DJANGO_SETTINGS_MODULE": "mmsearch_site.settings", name: value}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment | {"MMSEARCH_DATA_DIR": str(data_dir)},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_made_is_named(data_dir: Path) -> None:
    (data_dir / "file").write_text("in the way")
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**os.environ, "MMSEARCH_DATA_DIR": str(data_dir / "file" / "var")},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "MMSEARCH_DATA_DIR is" in done.stderr


def test_a_dotenv_file_fills_in_what_the_environment_leaves_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MM_TEST_SET", "environment")
    monkeypatch.setenv("MM_TEST_OPEN", "")
    monkeypatch.delenv("MM_TEST_OPEN")
    (tmp_path / ".env").write_text("# words\nMM_TEST_SET=file\nMM_TEST_OPEN = 'from the file'\n")
    env.load_dotenv(tmp_path / ".env")

    assert env.env_str("MM_TEST_SET") == "environment"
    assert env.env_str("MM_TEST_OPEN") == "from the file"


def test_a_dotenv_line_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT 8000\n")
    with pytest.raises(ImproperlyConfigured, match="line 1: 'PORT 8000' is not NAME=value"):
        env.load_dotenv(tmp_path / ".env")


def test_a_secret_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("MM_TEST_KEY_FILE", str(tmp_path / "key"))

    assert env.env_secret("MM_TEST_KEY") == "s3cret"
