"""The WSGI application: what granian serves and what embedded mode calls in process."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelcp.server.settings")

from django.core.wsgi import get_wsgi_application

from modelcp.server.light import load_rest_framework

load_rest_framework()
application = get_wsgi_application()
