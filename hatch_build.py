"""Puts the repository's `templates/` and `static/` inside `registry/` of a built wheel.

An editable install reads them where they are, so it carries no second copy that could grow old.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardFilesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the dashboard's files to a standard wheel, and to nothing else."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map each folder of dashboard files to its place in the package (`version`: the kind of wheel)."""
        if version == "standard":
            build_data["force_include"].update(
                {
                    "templates": "registry/templates",
                    "static": "registry/static",
                }
            )
