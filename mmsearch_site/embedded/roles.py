"""Roles, databases and extensions inside the embedded server."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
from pgmq import install_pgmq_from_sql
from psycopg import sql

from mmsearch_site.embedded.places import Places
from mmsearch_site.embedded.secrets import kept_secret

SUPERUSER, ROLE, DATABASE = "postgres", "mmsearch", "mmsearch"


@dataclass(frozen=True)
class Access:
    """How to connect to the embedded server."""

    places: Places
    data_dir: Path
    port: str = "5432"

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        """A connection as the cluster's superuser, autocommitting."""
        password = kept_secret(self.data_dir, "postgres-superuser-password")
        return self._connect(SUPERUSER, password, database)

    def role(self, database: str = DATABASE) -> psycopg.Connection:
        """A connection as the application's own role, autocommitting."""
        return self._connect(ROLE, kept_secret(self.data_dir, "postgres-password"), database)

    def _connect(self, user: str, password: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.places.socket),
            port=self.port,
            user=user,
            password=password,
            dbname=database,
            connect_timeout=4,  # a dying server's children keep its socket, and answer nothing
            autocommit=True,
        )


def prepare(access: Access) -> None:
    """The role, its database and the extensions, made when missing; safe to repeat."""
    if _is_prepared(access):
        return
    password = kept_secret(access.data_dir, "postgres-password")
    with access.superuser("template1") as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    with access.superuser() as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
        connection.execute(
            sql.SQL("{} {} LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
                verb, sql.Identifier(ROLE), sql.Literal(password)
            )
        )
        if not _has_database(connection):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(ROLE)
                )
            )
    with access.superuser(DATABASE) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    with access.role() as connection:
        install_queues(connection)


def install_queues(connection: psycopg.Connection) -> None:
    """PGMQ's tables and functions in the connected database, owned by the connected role, once."""
    if connection.execute("SELECT to_regnamespace('pgmq') IS NOT NULL").fetchone() == (True,):
        return
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as own:
        install_pgmq_from_sql(conn=own)


def _has_database(connection: psycopg.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    return found.fetchone() is not None


def _is_prepared(access: Access) -> bool:
    try:
        with access.role() as connection:
            found = connection.execute(
                "SELECT to_regtype('vector') IS NOT NULL AND to_regnamespace('pgmq') IS NOT NULL"
            )
            return found.fetchone() == (True,)
    except psycopg.OperationalError:
        return False
