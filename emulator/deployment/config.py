"""Read a stack's configuration as the Pulumi engine does: declared defaults, the stack file, overrides.

The rules are those of ``config.go`` and ``project.go`` (pulumi/pulumi, ``sdk/go/common/workspace``) and two
more. A key that Pulumi.yaml does not declare is refused. So is a secret: only the Pulumi CLI can decrypt it.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from boto3.session import Session

from emulator.errors import WrongUseError

PROJECT_FILE = "Pulumi.yaml"
PROVIDER_KEYS = ("aws:defaultTags", "aws:region")
CONNECTION_KEYS = (
    "aws:endpoints",
    "aws:httpProxy",
    "aws:httpsProxy",
    "aws:s3UsePathStyle",
    "aws:skipCredentialsValidation",
    "aws:skipMetadataApiCheck",
    "aws:skipRegionValidation",
)
"""With these keys the provider of the Pulumi CLI finds the account. This deployment does not need them."""

TYPES = ("string", "integer", "boolean", "array", "object")


@dataclass(frozen=True)
class StackConfig:
    """Project, stack, and the configuration values: text by full key (``project:key``)."""

    project: str
    stack: str
    values: Mapping[str, str]

    @property
    def region(self) -> str | None:
        """The value of ``aws:region``; None if it is not set."""
        return self.values.get("aws:region")

    @property
    def default_tags(self) -> dict[str, str]:
        """The tags of ``aws:defaultTags``. Every resource that can have tags gets them."""
        tags = json.loads(self.values.get("aws:defaultTags", "{}")).get("tags", {})
        return {key: str(value) for key, value in tags.items()}


def read_stack_config(program_folder: Path, stack: str, overrides: Iterable[str] = ()) -> StackConfig:
    """Return the configuration of ``stack``.

    Args:
        program_folder: has ``Pulumi.yaml`` and, if there is one, ``Pulumi.<stack>.yaml``.
        stack: the stack's name.
        overrides: ``KEY=VALUE`` texts, values as for ``pulumi config set``; they override the stack file.

    Raises:
        WrongUseError: a file can't be read, or a key or value is wrong. The message names it.
    """
    document = _read_yaml(program_folder / PROJECT_FILE)
    project = document.get("name")
    if not isinstance(project, str) or not project:
        raise WrongUseError(f"{program_folder / PROJECT_FILE} has no project name.")
    declared = {
        _full_key(project, key): value if isinstance(value, dict) else {"default": value}
        for key, value in (document.get("config") or {}).items()
    }
    given = _read_stack_file(program_folder / f"Pulumi.{stack}.yaml", project)
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator or not key:
            raise WrongUseError(f"{override!r} is not KEY=VALUE.")
        given[_full_key(project, key)] = text

    own_keys = declared or [key for key in given if key.startswith(f"{project}:")]
    _refuse_unknown(given, {*own_keys, *PROVIDER_KEYS, *CONNECTION_KEYS}, project)
    values = {key: _default(key, declaration) for key, declaration in declared.items()} | given
    if (region := values.get("aws:region")) and region not in Session().get_available_regions("batch"):
        raise WrongUseError(f"aws:region is {region!r}, which is no region that has AWS Batch.")
    if missing := [key for key, value in values.items() if value is None]:
        raise WrongUseError(f"Stack {stack} lacks {', '.join(missing)}, which {PROJECT_FILE} requires.")
    return StackConfig(
        project=project,
        stack=stack,
        values={key: _checked(key, value, declared.get(key, {})) for key, value in values.items()},
    )


def _read_stack_file(path: Path, project: str) -> dict[str, Any]:
    if not path.exists():
        return {}
    values = dict(_read_yaml(path).get("config") or {})
    for key in values:
        if ":" not in key:
            raise WrongUseError(f"{path.name}: {key} has no namespace; write {project}:{key}.")
    return values


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise WrongUseError(f"{path} does not exist.") from None
    except yaml.YAMLError as error:
        raise WrongUseError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise WrongUseError(f"{path} must hold keys and values.")
    return document


def _full_key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _refuse_unknown(given: Mapping[str, Any], known: set[str], project: str) -> None:
    short = {key: key.removeprefix(f"{project}:") for key in {*given, *known}}
    for key in given:
        if key not in known:
            names = sorted(short[name] for name in known)
            near = difflib.get_close_matches(short[key], names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}."
            raise WrongUseError(f"Unknown configuration key {short[key]}; {hint}")


def _default(key: str, declaration: Mapping[str, Any]) -> Any:
    declared_type = declaration.get("type")
    if declared_type is not None and declared_type not in TYPES:
        raise WrongUseError(
            f"{PROJECT_FILE}: {key} has type {declared_type}; allowed are {', '.join(TYPES)}."
        )
    if declared_type == "array" and "items" not in declaration:
        raise WrongUseError(f"{PROJECT_FILE}: {key} is an array without items.")
    return declaration.get("default", declaration.get("value"))


def _checked(key: str, value: Any, declaration: Mapping[str, Any]) -> str:
    """Return ``value`` as the text that the program reads."""
    if _holds_secret(value):
        raise WrongUseError(
            f"{key} is a secret, which only the Pulumi CLI can decrypt; give it as plain text."
        )
    text = _as_text(value)
    if "type" in declaration and not _is_of(declaration, value):
        raise WrongUseError(f"{key} is {text!r}; it must be of type {_type_name(declaration)}.")
    return text


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return "secure" in value or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))


def _is_of(declaration: Mapping[str, Any], value: Any) -> bool:
    """Return whether ``value`` is of the declared type. Any single value counts as a string."""
    match declaration["type"]:
        case "string":
            return not isinstance(value, list | dict)
        case "integer":
            return bool(re.fullmatch(r"[-+]?[0-9]+", _as_text(value)))
        case "boolean":
            return _as_text(value) in ("true", "false")
        case "array":
            return isinstance(value, list) and all(_is_of(declaration["items"], item) for item in value)
        case _:
            return isinstance(value, dict)


def _type_name(declaration: Mapping[str, Any]) -> str:
    return (
        f"array<{_type_name(declaration['items'])}>" if "items" in declaration else str(declaration["type"])
    )
