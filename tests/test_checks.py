"""Django's own checks find nothing."""

from io import StringIO

from django.core.management import call_command


def test_the_settings_and_addresses_pass_the_checks() -> None:
    call_command("check", fail_level="WARNING", stdout=StringIO(), stderr=StringIO())
