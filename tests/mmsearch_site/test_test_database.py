import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_test_database_has_vectors_and_queues_and_no_superuser() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT '[1,2]'::vector <-> '[1,3]'::vector, to_regnamespace('pgmq') IS NOT NULL, "
            "rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (1.0, True, False)
