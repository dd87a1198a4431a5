"""The pipeline on one machine; `python -m local --help` lists the commands."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from rich.console import Console

from local.commands import demo, down, reconcile, redo, serve, status, up, upload
from local.errors import LocalError
from local.serve import PORTS
from operations import reconcile as reconciliation
from operations import redo as redoing
from operations.terminal import printable

LOG_WIDTH = 200
MAX_PORT = 65_535
STATE_FOLDER = Path(__file__).resolve().parents[1] / ".local"


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 for a failure, 2 for wrong use, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    # A log has no width to wrap at.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else LOG_WIDTH)
    # `down` ends `up` with SIGTERM, and that takes the same way out as Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.run(console, options))
    except LocalError as error:
        Console(stderr=True, highlight=False).print(
            f"error: {printable(error)}", style="red", markup=False, soft_wrap=True
        )
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.set_defaults(folder=STATE_FOLDER)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up_parser = commands.add_parser("up", help="deploy the stack to emulated AWS and stay until Ctrl-C")
    _add_stack_options(up_parser)
    up_parser.set_defaults(run=up)

    serve_parser = commands.add_parser("serve", help="serve emulated AWS and Batch for the Pulumi CLI")
    _add_port(serve_parser, "--port", PORTS.aws, "of emulated AWS")
    _add_port(serve_parser, "--batch-port", PORTS.batch, "of Batch")
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


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
