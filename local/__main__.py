"""Run the pipeline on one machine; `python -m local --help` lists the commands."""

import argparse
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from emulator.errors import EmulatorError
from local.commands import demo, down, reconcile, redo, serve, status, up, upload
from local.errors import LocalError
from local.interrupts import INTERRUPTED, Interrupts
from local.serve import AWS_OPTION, BATCH_OPTION, PORTS
from local.session import SCRATCH_FOLDER
from operations import reconcile as reconciliation
from operations import redo as redoing
from operations.terminal import printable
from tiny_model.errors import TinyModelError

LOG_WIDTH = 200
STANDARD_ERROR = 2
MAX_PORT = 65_535
PRIVATE_UMASK = 0o077
STATE_FOLDER = Path(__file__).resolve().parents[1] / ".local"


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 for a failure, 2 for wrong use, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    # Recordings' texts and keys of the account are for this user alone, in all files that are made here.
    os.umask(PRIVATE_UMASK)
    console = _console()
    # `down` sends SIGTERM to `up`. It ends in the same way as by Ctrl-C.
    Interrupts(options.folder / SCRATCH_FOLDER, _say_that_it_ends).install()
    try:
        code = int(options.run(console, options))
        sys.stdout.flush()
        return code
    except (EmulatorError, LocalError, TinyModelError) as error:
        return _fail(str(error), error.exit_code)
    except (BotoCoreError, ClientError, Boto3Error) as error:
        return _fail(f"The local pipeline does not answer as it should, or has ended meanwhile: {error}")
    except BrokenPipeError:
        # Python must not write anything at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _fail("Standard output was closed before all was said.")
    except OSError as error:
        return _fail(f"{error.filename or 'A file'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        return INTERRUPTED


def _console() -> Console:
    """Return a console that writes to standard output."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Characters that the encoding does not have are written as escapes.
        sys.stdout.reconfigure(errors="backslashreplace")
    # Lines of a log are not wrapped.
    return _PipeConsole(highlight=False, width=None if sys.stdout.isatty() else LOG_WIDTH)


class _PipeConsole(Console):
    """A console that raises BrokenPipeError if standard output was closed."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise BrokenPipeError


def _fail(sentence: str, exit_code: int = 1) -> int:
    with suppress(OSError):
        console = Console(stderr=True, highlight=False)
        console.print(f"error: {printable(sentence)}", style="red", markup=False, soft_wrap=True)
    return exit_code


def _say_that_it_ends() -> None:
    # A signal may arrive during a write to the stream, so this writes to the descriptor.
    # The terminal may be closed.
    with suppress(OSError):
        os.write(STANDARD_ERROR, b"\nEnding; Ctrl-C again ends at once.\n")


class _Parser(argparse.ArgumentParser):
    """Prints arguments in error messages with escapes for control characters."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m local", description=__doc__)
    parser.set_defaults(folder=STATE_FOLDER)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up_parser = commands.add_parser("up", help="deploy the stack to emulated AWS and stay until Ctrl-C")
    _add_stack_options(up_parser)
    up_parser.set_defaults(run=up)

    serve_parser = commands.add_parser("serve", help="serve emulated AWS and Batch for the Pulumi CLI")
    _add_port(serve_parser, AWS_OPTION, PORTS.aws, "of emulated AWS")
    _add_port(serve_parser, BATCH_OPTION, PORTS.batch, "of Batch")
    _add_jobs(serve_parser)
    serve_parser.set_defaults(run=serve)

    upload_parser = commands.add_parser("upload", help="upload recordings, wait, show their transcripts")
    upload_parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    upload_parser.add_argument("--prefix", default="", help="put before each file's name, such as calls/")
    upload_parser.set_defaults(run=upload)

    commands.add_parser("status", help="the stack's outputs and its jobs").set_defaults(run=status)
    reconcile_parser = commands.add_parser("reconcile", help="list uploads without an outcome, resubmit them")
    reconciliation.add_options(reconcile_parser)
    reconcile_parser.set_defaults(run=reconcile)
    redo_parser = commands.add_parser("redo", help="transcribe again what has its transcript")
    redoing.add_options(redo_parser)
    redo_parser.set_defaults(run=redo)

    commands.add_parser("down", help="destroy the stack and end its processes").set_defaults(run=down)

    demo_parser = commands.add_parser("demo", help="up, transcribe the sample recordings, down")
    _add_stack_options(demo_parser)
    demo_parser.set_defaults(run=demo)
    return parser


def _add_stack_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="stack configuration, over Pulumi.local.yaml",
    )
    _add_jobs(parser)


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many jobs run at once (default: one a core)",
    )


def _add_port(parser: argparse.ArgumentParser, option: str, default: int, whose: str) -> None:
    parser.add_argument(
        option, type=_port, default=default, metavar="N", help=f"the port {whose} (default: {default})"
    )


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _port(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MAX_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {MAX_PORT}")
    return int(text)


def run() -> NoReturn:
    """Run one command and end the process at once: to free Pulumi's SDK takes seconds."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
