"""Pipelines: steps composed to a graph, run in order, reused where nothing changed, reported as they end.

decorators.py  @step and @pipeline           graph.py    the body's calls, their edges, their order
outputs.py     names and configs of outputs  handles.py  what stands for an output until it is there
runner.py      compose, start, run, end
steprun.py     one step                      given.py    what it gets
stored.py      its outputs, kept and saved    failures.py what it raised
options.py     what decorators are given     words.py    names, tags, values for the record
versions.py    the run's model versions      session.py  what is reported, and when
caching.py     when a step is reused         code.py, digests.py  what a key is made of
context.py     what a step can ask           track.py    a run without steps
logs.py        what a step printed           live.py     what a terminal shows
provenance.py  git, Python, packages         result.py   what a run gives back
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - for a run that outlives the main thread, as embedded.py says

from modelcp.pipelines.context import get_pipeline_context, get_step_context
from modelcp.pipelines.decorators import Pipeline, Step, pipeline, step
from modelcp.pipelines.track import track_run

__all__ = ["Pipeline", "Step", "get_pipeline_context", "get_step_context", "pipeline", "step", "track_run"]
