"""The migrations say what the tables are, under names that say what each does."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command

MIGRATIONS = Path(__file__).resolve().parents[1] / "registry" / "migrations"


@pytest.mark.django_db
def test_the_tables_and_the_migrations_agree() -> None:
    told = io.StringIO()
    try:
        call_command("makemigrations", "--check", "--dry-run", "--no-color", stdout=told, stderr=told)
    except SystemExit:
        pytest.fail(f"a migration is missing:\n{told.getvalue()}")


def test_a_migration_is_named_for_what_it_does() -> None:
    names = [path.stem for path in MIGRATIONS.glob("[0-9]*.py")]
    assert names
    assert [name for name in names if re.search(r"_auto_|_initial$|_\d{8}", name)] == []


def test_each_migration_has_a_number_of_its_own() -> None:
    numbers = sorted(path.stem.split("_")[0] for path in MIGRATIONS.glob("[0-9]*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
