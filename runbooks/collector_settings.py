"""The settings of the function that collects uploads, as its environment has them."""

from collections.abc import Mapping
from typing import NamedTuple


class CollectorSettings(NamedTuple):
    """What the function works on, and the most of a list. Each is a variable of its environment."""

    queue_url: str
    output_bucket: str
    output_prefix: str
    job_name: str
    job_queue: str
    job_definition: str
    list_definition: str
    list_files: int
    """The most recordings in one list."""

    list_bytes: int
    """The most bytes of all recordings in one list."""

    @staticmethod
    def of_environment(variables: Mapping[str, str]) -> "CollectorSettings":
        """Read what `environment` returned.

        Raises:
            KeyError, ValueError: a variable is missing or wrong.
        """
        *texts, files, size_bytes = (variables[name.upper()] for name in CollectorSettings._fields)
        queue_url, output_bucket, output_prefix, job_name, job_queue, job_definition, list_definition = texts
        return CollectorSettings(
            queue_url,
            output_bucket,
            output_prefix,
            job_name,
            job_queue,
            job_definition,
            list_definition,
            int(files),
            int(size_bytes),
        )

    def environment(self) -> dict[str, str]:
        """Return the variables: QUEUE_URL for ``queue_url``, and so on."""
        return {name.upper(): str(value) for name, value in self._asdict().items()}
