"""How the settings describe a database."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from mmsearch_site.postgres import connection_string, database_settings, database_url, kept_secret

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


def entry(name: str, user: str, password: str) -> dict[str, object]:
    return {"HOST": "/run/x y", "PORT": "5432", "NAME": name, "USER": user, "PASSWORD": password}


@given(name=words, user=words, password=words)
def test_a_url_says_the_same_as_the_entry_it_was_made_from(
    name: str, user: str, password: str
) -> None:
    given_entry = entry(name, user, password)
    read = database_settings(database_url(given_entry), Path("unused"))

    assert {key: read[key] for key in given_entry} == given_entry


@given(name=words, user=words, password=words)
def test_the_connection_string_survives_every_character(
    name: str, user: str, password: str
) -> None:
    read = conninfo_to_dict(connection_string(entry(name, user, password)))

    assert (read["dbname"], read["user"], read["password"]) == (name, user, password)
    assert (read["host"], read["port"]) == ("/run/x y", "5432")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://a:b@c/d", "DATABASE_URL begins with 'mysql'"),
        ("postgresql://a:b@c:x/d", "DATABASE_URL: Port could not be cast"),
        ("postgresql://a@c/d", "DATABASE_URL names no password"),
        ("postgresql://a:b@c", "DATABASE_URL names no name"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_an_example(url: str, says: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=says) as refusal:
        database_settings(url, Path("unused"))
    assert "postgresql://user:password@host:5432/name" in str(refusal.value)


def test_options_of_a_url_reach_the_driver_and_the_queues() -> None:
    read = database_settings(
        "postgres://u:p%40ss@db.example.org/library?sslmode=verify-full", Path("unused")
    )

    assert (read["HOST"], read["PORT"], read["PASSWORD"]) == ("db.example.org", "", "p@ss")
    assert read["OPTIONS"]["sslmode"] == "verify-full"
    assert "sslmode=" in connection_string(read)


def test_only_the_web_process_has_a_pool_and_time_limits() -> None:
    url = "postgresql://u:p@h/d"
    web = database_settings(url, Path("unused"), process="web", threads=7)
    worker = database_settings(url, Path("unused"), process="worker")

    assert web["OPTIONS"]["pool"]["max_size"] == 7
    assert "statement_timeout=15000" in web["OPTIONS"]["options"]
    assert "pool" not in worker["OPTIONS"] and "options" not in worker["OPTIONS"]


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = kept_secret(tmp_path / "var", "key")

    assert len(first) >= 48
    assert kept_secret(tmp_path / "var", "key") == first
    assert kept_secret(tmp_path / "var", "another") != first
