"""Read the configuration of a stack, which Pulumi keeps as text, into pydantic models."""

import difflib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from transcriber.options import allowed_values, plain_types

Model = TypeVar("Model", bound=BaseModel)


class ConfigError(pulumi.RunError):
    """A configuration value cannot be used. The message names the key, the value and what is allowed."""

    def __init__(self, key: str, value: str, allowed: str) -> None:
        super().__init__(f"parakeet-transcription:{key} is '{value}': {allowed}.")


@dataclass(frozen=True)
class AsGiven:
    """Marks a field whose text is used unchanged, even if it is empty or has spaces around it."""


def refuse_unknown(config: pulumi.Config, known: Collection[str]) -> None:
    """Refuse keys of this project that no setting has, because Pulumi would ignore a misspelt key.

    Raises:
        pulumi.RunError: there is one. The message names the nearest known key.
    """
    prefix = f"{config.name}:"
    for key in sorted({**get_config_env(), **CONFIG.get()}):
        name = key.removeprefix(prefix)
        if key.startswith(prefix) and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {nearest[0]}?" if nearest else "docs/configuration.md lists the known keys."
            raise pulumi.RunError(f"{key} is no configuration key of this project: {hint}")


def read_model(
    model: type[Model], keys: Mapping[str, str], config: pulumi.Config, given: Mapping[str, Any]
) -> Model:
    """Return ``model`` with the values of the stack.

    Args:
        model: whose fields are read.
        keys: the configuration key of each field that has one, by the field's name.
        config: of the stack.
        given: values of fields that have no key, by the field's name.

    Raises:
        ConfigError: a value is not allowed.
    """
    texts = {name: _text(config, key, model.model_fields[name]) for name, key in keys.items()}
    values = {
        name: _value(config, keys[name], text, model.model_fields[name])
        for name, text in texts.items()
        if text is not None
    }
    try:
        # Strict, so that `yes` is not true and `8.0` is no whole number.
        return model.model_validate({**values, **given}, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        reason = str(first.get("ctx", {}).get("error", ""))
        allowed = reason or _sentence(allowed_values(name, model.model_fields[name]))
        raise ConfigError(keys[name], texts[name] or "", allowed) from None


def _text(config: pulumi.Config, key: str, field: FieldInfo) -> str | None:
    """Return the value of a key as text, or None if it is not set or empty."""
    text = config.get(key)
    if text is None or any(isinstance(each, AsGiven) for each in field.metadata):
        return text
    return text.strip() or None


def _value(config: pulumi.Config, key: str, text: str, field: FieldInfo) -> object:
    """Return the value of ``text`` for a field, or else the text, which the model then refuses."""
    (kind,) = plain_types(field)
    is_whole = kind is int or (get_origin(kind) is Literal and isinstance(get_args(kind)[0], int))
    if get_origin(kind) is tuple:
        return _unique(config, key, _words(key, text))
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if is_whole and re.fullmatch(r"-?\d{1,9}", text):
        return int(text)
    if kind is float and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text):
        return float(text)
    return text


def _sentence(allowed: str) -> str:
    is_one = allowed.startswith(("a ", "an ", "the "))
    return f"allowed {'is' if is_one else 'are'} {allowed}"


def _words(key: str, text: str) -> list[str]:
    """Return the words of a list: a JSON array (from ``--path`` or YAML) or comma-separated text."""
    if not text.startswith("["):
        return [word.strip() for word in text.split(",") if word.strip()]
    try:
        return [str(each).strip() for each in json.loads(text)]
    except json.JSONDecodeError:
        raise ConfigError(key, text, "allowed is a comma-separated list or a JSON array of text") from None


def _unique(config: pulumi.Config, key: str, words: list[str]) -> tuple[str, ...]:
    once = tuple(dict.fromkeys(words))
    if len(once) < len(words):
        twice = ", ".join(word for word in once if words.count(word) > 1)
        pulumi.log.warn(f"{config.name}:{key} has {twice} more than once, which counts once.")
    return once
