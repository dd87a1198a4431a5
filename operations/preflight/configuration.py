"""The configuration of the stack, as `pulumi config --json` prints it, checked by the program's own rules."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
from pulumi.runtime import set_all_config

from components.settings import PipelineSettings
from operations.errors import WrongUseError

PROJECT = "parakeet-transcription"
USE = "use: pulumi config --json | python -m operations.preflight"


@dataclass(frozen=True)
class Configuration:
    """Each value as text by its full key, such as ``parakeet-transcription:useSpot``."""

    values: dict[str, str]

    @staticmethod
    def read(text: str, overrides: Iterable[str]) -> "Configuration":
        """Read the text that Pulumi printed; it is empty for the defaults. ``KEY=VALUE`` texts override it.

        Raises:
            WrongUseError: the text is something else, or it has a secret that is not shown.
        """
        values = {key: _value(key, entry) for key, entry in _entries(text).items()}
        for override in overrides:
            key, separator, value = override.partition("=")
            if not separator or not key:
                raise WrongUseError(f"{override!r} is not KEY=VALUE.")
            values[key if ":" in key else f"{PROJECT}:{key}"] = value
        return Configuration(values)

    @property
    def region(self) -> str | None:
        """The region of the provider, if the stack names one."""
        return self.values.get("aws:region") or None

    @property
    def profile(self) -> str | None:
        """The profile of the provider, if the stack names one."""
        return self.values.get("aws:profile") or None

    def settings(self) -> PipelineSettings:
        """Check every value by the rules of the program.

        Raises:
            pulumi.RunError: a value is wrong.
        """
        set_all_config(self.values)
        return PipelineSettings.load(pulumi.Config(PROJECT))


def _entries(text: str) -> dict[str, object]:
    if not text.strip():
        return {}
    try:
        entries = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        entries = None
    if not isinstance(entries, dict):
        raise WrongUseError(f"No configuration of a stack on standard input; {USE}")
    return entries


def _value(key: str, entry: object) -> str:
    if not isinstance(entry, dict) or ":" not in key:
        raise WrongUseError(f"No configuration of a stack on standard input; {USE}")
    if "value" not in entry:
        raise WrongUseError(f"{key} is a secret; add --show-secrets: pulumi config --json --show-secrets")
    return str(entry["value"])
