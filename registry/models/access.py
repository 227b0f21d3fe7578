"""Who may come in: tokens and one-time sign-in links, both stored as digests only."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from registry.rules.ids import new_id


class Token(models.Model):
    """A bearer token of a person; shown once when made."""

    id = models.UUIDField(primary_key=True, default=new_id)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token.")
    hint = models.CharField(max_length=16, help_text="Its first characters, to recognise it by.")
    role = models.CharField(
        max_length=16, null=True, help_text="A lower role than the owner's, if asked for."
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class SignInLink(models.Model):
    """A link that signs a person in once, printed by `modelcp up`."""

    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
