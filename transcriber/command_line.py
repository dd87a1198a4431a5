"""The command line: sources, or a manifest of them, and a destination; and an option for each setting."""

import argparse
from dataclasses import dataclass
from typing import NoReturn

from transcriber.errors import UsageError
from transcriber.options import allowed_values, as_text, environment_name
from transcriber.outcomes import EXIT_CODE_MEANINGS
from transcriber.settings import JobIdentity, Settings, option_name
from transcriber.storage import S3_SCHEME

DESCRIPTION = """\
Transcribe recordings. SOURCE is an audio or video file, DESTINATION a folder; both may be s3:// URIs.
Results are named after the source: talk.mp3 gives talk.mp3.json, talk.mp3.srt and so on.
With --object, the next two arguments are a bucket and a key, whatever they begin with.
With --manifest, URI names a file of JSON lines, each with bucket, key, etag and size of an object.
"""
EPILOG = f"""\
Each option is also an environment variable, {environment_name("mode")} for --mode; the option goes first.
Put -- before the names when one begins with a dash.

exit codes: {", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODE_MEANINGS.items())}
"""


OBJECT_OPTION = "--object"
MANIFEST_OPTION = "--manifest"


@dataclass(frozen=True)
class Command:
    """What to transcribe, where to, and how."""

    sources: tuple[str, ...]
    """At least one, unless there is a manifest."""

    manifest: str | None
    destination: str
    settings: Settings

    @property
    def is_list(self) -> bool:
        """Whether the job is one of a list. A manifest is a list, even if it names one recording."""
        return self.manifest is not None or len(self.sources) > 1


def parse(arguments: list[str]) -> Command:
    """Return what ``arguments`` ask for.

    Raises:
        UsageError: an unknown option, a wrong value or a wrong number of names.
        SystemExit: ``--help`` was asked for and printed.
    """
    object_uri, rest = _take_object(arguments)
    before, names_after = _split_at_double_dash(rest)
    options = vars(_parser().parse_intermixed_args(before))
    names = [*options.pop("names", []), *names_after]
    manifest = options.pop("manifest", None)
    if object_uri is not None:
        if manifest is not None:
            raise UsageError(f"Name {OBJECT_OPTION} or {MANIFEST_OPTION}, not both. See --help.")
        names.insert(0, object_uri)
    elif manifest is not None:
        names.insert(0, manifest)
    if len(names) < 2 or (len(names) > 2 and (object_uri or manifest)):
        raise UsageError(
            f"Name SOURCE and DESTINATION, {OBJECT_OPTION} BUCKET KEY and DESTINATION, or {MANIFEST_OPTION}"
            f" URI and DESTINATION; not {len(names)}. See --help."
        )
    *sources, destination = names
    settings = Settings.read(**options)
    return Command(() if manifest is not None else tuple(sources), manifest, destination, settings)


def _take_object(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Take ``--object BUCKET KEY`` out of the arguments as it stands: a key may look like an option.

    Returns:
        The URI of the object, or None without the option, and the other arguments.
    """
    if OBJECT_OPTION not in arguments:
        return None, arguments
    position = arguments.index(OBJECT_OPTION)
    if "--" in arguments[:position]:
        return None, arguments
    taken = arguments[position + 1 : position + 3]
    if len(taken) < 2:
        raise UsageError(f"{OBJECT_OPTION} needs BUCKET and KEY. See --help.")
    return f"{S3_SCHEME}{taken[0]}/{taken[1]}", arguments[:position] + arguments[position + 3 :]


def _split_at_double_dash(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Take what follows the first ``--`` as it stands: argparse would drop a key that is itself ``--``."""
    if "--" not in arguments:
        return arguments, []
    position = arguments.index("--")
    return arguments[:position], arguments[position + 1 :]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m transcriber",
        usage=(
            "%(prog)s [options] SOURCE... DESTINATION\n"
            f"       %(prog)s [options] {OBJECT_OPTION} BUCKET KEY DESTINATION\n"
            f"       %(prog)s [options] {MANIFEST_OPTION} URI DESTINATION"
        ),
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("names", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument(MANIFEST_OPTION, metavar="URI", help="A list of recordings, instead of SOURCE")
    for name, field in Settings.model_fields.items():
        if name in JobIdentity.model_fields:
            continue
        if field.annotation is bool:
            parser.add_argument(option_name(name), action="store_true", help=field.description)
            continue
        allowed, default = allowed_values(name, field), as_text(field.default)
        values = f"{allowed}; default {default}" if default else allowed
        metavar = name.split("_")[-1].upper()
        parser.add_argument(option_name(name), metavar=metavar, help=f"{field.description} ({values})")
    return parser
