"""What a serving process loads: the application, warm, and who delivers to webhooks."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import multiprocessing.util
from contextlib import suppress

from django.conf import settings
from django.db import connection
from django.urls import get_resolver

from modelcp.server.databases import limit_statements
from modelcp.server.serving import end_with_parent
from modelcp.server.wsgi import application
from registry.services.dispatcher import Dispatcher

__all__ = ["application"]

if multiprocessing.parent_process() is not None:
    end_with_parent()
if connection.vendor == "postgresql":  # no query that was misjudged holds a thread for ever
    limit_statements(connection.settings_dict["OPTIONS"], settings.STATEMENT_TIMEOUT)
_ = get_resolver().reverse_dict  # loads all views now, not in the first request
gc.collect()
gc.freeze()  # what is loaded stays: the collector need not look at it again
with suppress(OSError, AttributeError):  # glibc: what migrating and collecting took goes back
    ctypes.CDLL(None).malloc_trim(0)
dispatcher = Dispatcher()
dispatcher.start()
multiprocessing.util.Finalize(
    None, dispatcher.stop, exitpriority=1
)  # at the end of any process, forked or not
