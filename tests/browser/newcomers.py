"""People who come to a registry that has long been there, with the links that they were given."""

import json

from tests.support.programs import Server

CROWD = 10_000  # models that are there already
SETUP = """
import os, uuid, json, datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "modelcp.server.settings"
import django
django.setup()
from registry.models import CardRevision, Chain, Model
from registry.services import access
from registry.services.actors import SYSTEM
"""
ARRIVE = """
made = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
chains = Chain.objects.bulk_create([Chain(last_at=made) for _ in range({crowd})], batch_size=5000)
models = [Model(chain=chain, name=f"crowd_{{at}}", created_at=made) for at, chain in enumerate(chains)]
Model.objects.bulk_create(models, batch_size=5000)
cards = [CardRevision(model=model, description="One of many.", valid_from=made) for model in models]
CardRevision.objects.bulk_create(cards, batch_size=5000)
secrets = []
for _ in range({count}):
    name = f"new_{{uuid.uuid4().hex[:8]}}"
    access.create_person(actor=SYSTEM, username=name, password=None, role="admin")
    secrets.append(access.invite(actor=SYSTEM, username=name))
print(json.dumps(secrets))
"""
LEAVE = """
crowd = Model.objects.filter(name__startswith="crowd_")
chains = list(crowd.values_list("chain_id", flat=True))
CardRevision.objects.filter(model__in=crowd)._raw_delete("default")
crowd._raw_delete("default")
for start in range(0, len(chains), 5000):
    Chain.objects.filter(id__in=chains[start : start + 5000])._raw_delete("default")
"""


def arrive(server: Server, count: int) -> list[str]:
    """Fills the registry, and gives the sign-in links of so many people."""
    secrets = json.loads(
        server.place.python(SETUP + ARRIVE.format(crowd=CROWD, count=count)).splitlines()[-1]
    )
    return [f"{server.url}/sign-in/link/{secret}/" for secret in secrets]


def leave(server: Server) -> None:
    """Takes the crowd away again, from under the tests to come."""
    server.place.python(SETUP + LEAVE)
