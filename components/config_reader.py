"""Typed look at a stack's configuration: what is wrong is refused with a sentence."""

import difflib
import json
import re
from collections.abc import Collection

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components.aws.gpu_instances import FAMILIES, vcpus, why_unfit

ENCODER_FRAME_SECONDS = 0.08
"""A hop of 10 ms times 8-fold subsampling."""

PATTERN_CHARACTERS = frozenset("*?$")
"""What an IAM policy would not take literally."""

KEY_PREFIX_LIMIT_BYTES = 512
"""Half of an S3 key, so that a prefix and a recording's own key fit together."""


class ConfigError(pulumi.RunError):
    """A configuration value that can't be used: the sentence names the key, the value and what is allowed."""

    def __init__(self, key: str, value: str, allowed: str) -> None:
        super().__init__(f"parakeet-transcription:{key} is '{value}': {allowed}.")


class ConfigReader:
    """Reads values, all of which are text; an empty one is not set."""

    def __init__(self, config: pulumi.Config) -> None:
        self._config = config

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Refuse keys of this project that nothing reads: a misspelt one would be ignored.

        Raises:
            ConfigError: there is one; the sentence names the nearest known key.
        """
        prefix = f"{self._config.name}:"
        for key in sorted({**get_config_env(), **CONFIG.get()}):
            name = key.removeprefix(prefix)
            if key.startswith(prefix) and name not in known:
                nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                hint = f"did you mean {nearest[0]}?" if nearest else "README.md lists the known keys."
                raise pulumi.RunError(f"{key} is no configuration key of this project: {hint}")

    def text(self, key: str) -> str:
        """Return the value as it is, without space around it."""
        return (self._config.get(key) or "").strip()

    def boolean(self, key: str, default: bool) -> bool:
        """Return whether the value is true."""
        value = self.text(key).lower()
        if value in ("true", "false"):
            return value == "true"
        if not value:
            return default
        raise ConfigError(key, self.text(key), "allowed are true and false")

    def integer(self, key: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number from ``least`` to ``most``."""
        value = self.text(key)
        if not value:
            return default
        if re.fullmatch(r"-?\d{1,9}", value) and least <= int(value) <= most:
            return int(value)
        raise ConfigError(key, value, f"allowed are whole numbers from {least} to {most}")

    def seconds(self, key: str, default: float, *, least: float, most: float) -> float:
        """Return seconds from ``least`` to ``most``."""
        value = self.text(key)
        if not value:
            return float(default)
        if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value) and least <= float(value) <= most:
            return float(value)
        raise ConfigError(key, value, f"allowed are seconds from {least:g} to {most:g}")

    def share(self, key: str, default: float) -> float:
        """Return a number from 0 to 1."""
        value = self.text(key)
        if not value:
            return default
        if re.fullmatch(r"[01](\.\d{1,6})?", value) and float(value) <= 1:
            return float(value)
        raise ConfigError(key, value, "allowed are numbers from 0 to 1")

    def frames(self, key: str, default: float, *, least: float, most: float) -> float:
        """Seconds in whole frames of the encoder: each chunk starts where the last one ended."""
        seconds = self.seconds(key, default, least=least, most=most)
        nearest = round(seconds / ENCODER_FRAME_SECONDS) * ENCODER_FRAME_SECONDS
        if abs(seconds - nearest) < 1e-6:
            return seconds
        raise ConfigError(
            key,
            self.text(key),
            f"allowed are multiples of {ENCODER_FRAME_SECONDS:g} s, the model's frame, such as {nearest:g}",
        )

    def choice(self, key: str, default: int, allowed: tuple[int, ...]) -> int:
        """Return one of ``allowed``."""
        value = self.text(key)
        if not value:
            return default
        if value in map(str, allowed):
            return int(value)
        raise ConfigError(key, value, f"allowed are {', '.join(map(str, allowed))}")

    def pattern(self, key: str, pattern: str, allowed: str) -> str | None:
        """Return text that ``pattern`` matches, which ``allowed`` describes, or None."""
        value = self.text(key)
        if value and not re.fullmatch(pattern, value):
            raise ConfigError(key, value, f"allowed is {allowed}")
        return value or None

    def required_pattern(self, key: str, pattern: str, allowed: str, default: str) -> str:
        """Return text that ``pattern`` matches, which ``allowed`` describes."""
        return self.pattern(key, pattern, allowed) or default

    def words(self, key: str, pattern: str, allowed: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list, each word once: a JSON array (from ``--path`` or YAML) or comma-separated text."""
        words = self._list(key)
        if not all(re.fullmatch(pattern, word) for word in words):
            raise ConfigError(key, self.text(key), f"allowed are {allowed}")
        return words or default

    def instance_types(self, key: str, max_vcpus: int) -> tuple[str, ...]:
        """Return a list of EC2 instance types that the worker can run on, of ``max_vcpus`` at most."""
        types = self.words(
            key, r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "instance types such as g6.xlarge,g5.xlarge", ()
        )
        for each in types:
            if reason := why_unfit(each):
                families = ", ".join(FAMILIES)
                raise ConfigError(
                    key,
                    self.text(key),
                    f"{each} can't be used, {reason}; allowed are the families {families}"
                    " in sizes such as xlarge, 2xlarge and 12xlarge",
                )
            if vcpus(each) > max_vcpus:
                raise ConfigError(
                    key,
                    self.text(key),
                    f"{each} has {vcpus(each)} vCPUs; allowed are types of maxVcpus ({max_vcpus}) at most",
                )
        return types

    def optional_days(self, key: str, *, least: int) -> int | None:
        """A number of days, or None for never."""
        return self.integer(key, 0, least=least, most=36_500) or None

    def prices(self, key: str) -> tuple[tuple[str, float], ...]:
        """Return instance types with what an hour of each costs, in USD."""
        entries = self.words(
            key,
            r"[a-z][a-z0-9-]*\.[a-z0-9-]+=\d{1,4}(\.\d{1,6})?",
            "prices in USD an hour such as g6.xlarge=0.374,g5.xlarge=0.5",
            (),
        )
        pairs = [(kind, float(usd)) for kind, usd in (entry.split("=") for entry in entries)]
        if len(dict(pairs)) < len(pairs):
            raise ConfigError(key, self.text(key), "allowed is one price for each instance type")
        return tuple(pairs)

    def subset(self, key: str, allowed: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of ``allowed`` that are asked for."""
        words = self._list(key) or default
        if not set(words) <= set(allowed):
            raise ConfigError(key, self.text(key), f"allowed are {', '.join(allowed)}")
        return tuple(each for each in allowed if each in words)

    def prefix(self, key: str, default: str) -> str:
        """Return what S3 keys begin with: empty, or text that ends with a slash."""
        raw = self._config.get(key)
        value = default if raw is None else raw
        fits = len(value.encode()) <= KEY_PREFIX_LIMIT_BYTES and value.isprintable()
        folders_fit = all(folder == folder.strip() for folder in value.split("/"))
        if value and not (value.endswith("/") and not value.startswith("/") and fits and folders_fit):
            raise ConfigError(
                key,
                value,
                f"allowed is empty or a prefix such as calls/, of {KEY_PREFIX_LIMIT_BYTES} bytes at most and"
                " without space around the names of folders",
            )
        return value

    def output_prefix(self, key: str, default: str, failures: str) -> str:
        """Return a prefix that stands in a policy; neither it nor ``failures`` begins with the other."""
        value = self.prefix(key, default)
        apart = not value.startswith(failures) and not failures.startswith(value)
        if not apart or PATTERN_CHARACTERS & set(value):
            raise ConfigError(
                key,
                value,
                f"allowed is a prefix such as {default}, not empty, without * ? $ and outside {failures},"
                " where the reasons of failures go",
            )
        return value

    def _list(self, key: str) -> tuple[str, ...]:
        words = self._words(key)
        once = tuple(dict.fromkeys(words))
        if len(once) < len(words):
            twice = ", ".join(word for word in once if words.count(word) > 1)
            pulumi.log.warn(f"{self._config.name}:{key} has {twice} more than once, which counts once.")
        return once

    def _words(self, key: str) -> list[str]:
        value = self.text(key)
        if not value.startswith("["):
            return [word.strip() for word in value.split(",") if word.strip()]
        try:
            return [str(each).strip() for each in json.loads(value)]
        except json.JSONDecodeError:
            raise ConfigError(
                key, value, "allowed is a comma-separated list or a JSON array of text"
            ) from None
