"""The transcript itself."""

from typing import ClassVar

from transcriber.transcript import Transcript


class TranscriptJson:
    """All of it, as ``schema/transcript.schema.json`` says."""

    name: ClassVar[str] = "json"
    suffix: ClassVar[str] = ".json"
    content_type: ClassVar[str] = "application/json"

    def render(self, transcript: Transcript) -> str:
        """Return the JSON text."""
        return transcript.model_dump_json(indent=1) + "\n"
