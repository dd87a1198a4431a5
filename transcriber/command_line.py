"""The command line: ``SOURCE DESTINATION`` or ``BUCKET KEY DESTINATION``, and an option for each setting."""

import argparse
from dataclasses import dataclass
from typing import NoReturn

from transcriber.errors import UsageError
from transcriber.options import allowed_values, as_text, environment_name
from transcriber.outcomes import EXIT_CODE_MEANINGS
from transcriber.settings import JobIdentity, Settings, option_name
from transcriber.storage import S3_SCHEME

DESCRIPTION = """\
Transcribe one recording. SOURCE is an audio or video file, DESTINATION a folder; both may be s3:// URIs.
Results are named after the source: talk.mp3 gives talk.mp3.json, talk.mp3.srt and so on.
"""
EPILOG = f"""\
Each option is also an environment variable, {environment_name("mode")} for --mode; the option goes first.
Put -- before the names when one begins with a dash.

exit codes: {", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODE_MEANINGS.items())}
"""


@dataclass(frozen=True)
class Command:
    """What to transcribe, where to, and how."""

    source: str
    destination: str
    settings: Settings


def parse(arguments: list[str]) -> Command:
    """Return what ``arguments`` ask for.

    Raises:
        UsageError: an unknown option, a wrong value or a wrong number of names.
        SystemExit: ``--help`` was asked for and printed.
    """
    before, names_after = _split_at_double_dash(arguments)
    options = vars(_parser().parse_intermixed_args(before))
    names = [*options.pop("names", []), *names_after]
    match names:
        case [source, destination]:
            pass
        case [bucket, key, destination]:
            source = f"{S3_SCHEME}{bucket}/{key}"
        case _:
            raise UsageError(
                f"Name SOURCE and DESTINATION, or BUCKET, KEY and DESTINATION; not {len(names)}. See --help."
            )
    return Command(source, destination, Settings.read(**options))


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
        usage="%(prog)s [options] SOURCE DESTINATION\n       %(prog)s [options] BUCKET KEY DESTINATION",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("names", nargs="*", help=argparse.SUPPRESS)
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
