"""The commands of the local pipeline. Each takes its options, prints, and returns its exit code."""

import json
import os
import shlex
import signal
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

import operations.reconcile
import operations.redo
from local import shared_job, state
from local.aws_cli import examples, exports
from local.errors import LocalError, WrongUseError
from local.invocation import PROJECT, command
from local.pipeline import EMULATOR_LOG, Ports, read_config, start_pipeline
from local.recordings import (
    Upload,
    check_starts_job,
    fetch_result,
    follow,
    list_jobs,
)
from local.recordings import upload as upload_recording
from local.serve import pulumi_commands, serve_cloud
from local.session import LOG_FILE, open_session
from local.stack_outputs import find_outputs
from local.state import RunningPipeline
from local.terminal_output import show_ignored, show_jobs, show_outputs, show_progress, show_result
from local.undelivered import find_undelivered
from local.upload_names import name_files
from operations.errors import OperationError
from operations.outcomes import count_ignored
from operations.stack import Stack
from operations.terminal import printable

SAMPLES = Path(__file__).resolve().parent / "samples"
SHARED_SAMPLE = "voice-note.ogg"
SHARED_RECORDINGS = 20
TRANSCRIPTS_FOLDER = "transcripts"
DOWN_DEADLINE_SECONDS = 60
POLL_SECONDS = 0.1
DOWN = "Down: the stack is destroyed and no process is left."
ENDED = "The pipeline has ended; its terminal says how."


def up(console: Console, options: Namespace) -> int:
    """Deploy the stack, print its outputs, wait for an interrupt, destroy the stack."""
    with _announced_pipeline(console, options) as pipeline, _until_interrupted():
        show_outputs(console, pipeline.outputs)
        _show_clients(console, pipeline)
        console.print()
        _say(console, f"Up. In another terminal, in {_quoted(PROJECT)}: {command('upload', 'FILE...')}")
        _say(console, f"Logs: {_logs(options.folder)}. Ctrl-C here takes it down.")
    console.print(DOWN)
    return 0


def serve(console: Console, options: Namespace) -> int:
    """Serve an empty account for the Pulumi CLI, print how to deploy to it, wait for an interrupt."""
    ports = Ports(aws=options.port, batch=options.batch_port)
    config = read_config([])
    with open_session(options.folder), ExitStack() as services:
        with console.status("Starting emulated AWS and Batch ..."):
            served = services.enter_context(
                serve_cloud(config, options.folder, options.jobs, ports, partial(_say, console))
            )
        state.announce(options.folder, served.cloud, {})
        with _until_interrupted():
            console.print(
                f"Emulated AWS: {served.cloud.aws_endpoint}   Batch: {served.cloud.batch_endpoint}\n"
            )
            _say(
                console,
                f"Deploy to it from another terminal, in {_quoted(PROJECT)}. The key is of this start:",
            )
            for line in (exports(served.cloud), *pulumi_commands(options.folder, ports)):
                _say(console, f"  {line}")
            console.print()
            _say(console, f"Logs: {_logs(options.folder)}. Ctrl-C here ends it, with all that was deployed.")
            _say(
                console,
                f"Then: {command('upload', 'FILE...')}, or `aws` and whatever else finds AWS by variables.",
            )
    console.print("No process is left.")
    return 0


def upload(console: Console, options: Namespace) -> int:
    """Upload recordings, follow their jobs and print their results; 1 if any has no transcript."""
    files = name_files(options.files, options.prefix)
    pipeline = _find_stack(options.folder)
    for key in files:
        check_starts_job(pipeline, key)
    return _transcribe(console, pipeline, files, options.folder)


def status(console: Console, options: Namespace) -> int:
    """Print the stack's outputs, its jobs, uploads that started no job, and undelivered events."""
    pipeline = _find_stack(options.folder)
    show_outputs(console, pipeline.outputs)
    ignored = count_ignored(pipeline.cloud.client("s3"), Stack.from_outputs(pipeline.outputs))
    show_ignored(console, ignored)
    jobs = list_jobs(pipeline.cloud, pipeline.outputs["jobQueue"])
    console.print()
    if jobs:
        show_jobs(console, jobs)
    else:
        console.print("No job yet.")
    count, undelivered = find_undelivered(pipeline.cloud, pipeline.outputs["deadLetterQueue"])
    console.print()
    _say(console, f"Undelivered events: {count}")
    for line in undelivered:
        _say(console, f"  {line}")
    _show_clients(console, pipeline)
    console.print()
    _say(console, f"Logs: {_logs(options.folder)}.")
    return 0


def reconcile(_console: Console, options: Namespace) -> int:
    """List uploads without a result; submit them again if the options say so."""
    return _operate(options, operations.reconcile.run)


def redo(_console: Console, options: Namespace) -> int:
    """Transcribe again the recordings that have a transcript."""
    return _operate(options, operations.redo.run)


def down(console: Console, options: Namespace) -> int:
    """End the pipeline of `up` and wait until it has ended."""
    if not state.is_held(options.folder):
        console.print("No local pipeline is up from this folder.")
        return 0
    os.kill(state.find(options.folder).pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_DEADLINE_SECONDS
    while state.is_held(options.folder):
        if time.monotonic() > deadline:
            raise LocalError(f"The pipeline did not end within {DOWN_DEADLINE_SECONDS} s; see its terminal.")
        time.sleep(POLL_SECONDS)
    console.print(ENDED)
    return 0


def demo(console: Console, options: Namespace) -> int:
    """Start the pipeline, transcribe the sample recordings, stop it."""
    samples = {name: SAMPLES / name for name in json.loads((SAMPLES / "samples.json").read_text())}
    with _announced_pipeline(console, options) as pipeline:
        code = _transcribe(console, pipeline, samples, options.folder)
    is_shared = _show_shared_job(console, options)
    console.print(DOWN)
    return code if is_shared else 1


def _show_shared_job(console: Console, options: Namespace) -> bool:
    """Let short recordings share a job, in a stack of their own. Return whether all have transcripts."""
    console.print(f"\nA second stack lets {SHARED_RECORDINGS} short recordings share a job ...")
    with (
        open_session(options.folder),
        start_pipeline(read_config(shared_job.CONFIG), options.folder, options.jobs) as pipeline,
    ):
        shared = shared_job.share_job(pipeline, SAMPLES / SHARED_SAMPLE, SHARED_RECORDINGS)
    is_whole = shared.transcripts == shared.recordings
    console.print(f"{'✔' if is_whole else '✘'} {shared}\n")
    return is_whole


def _operate(options: Namespace, run: Callable[[Namespace, Any, Any, Stack], int]) -> int:
    """Run one of the operators' commands on the local stack."""
    running = _find_stack(options.folder)
    stack = Stack.from_outputs(running.outputs)
    try:
        return run(options, running.cloud.client("s3"), running.cloud.client("batch"), stack)
    except OperationError as error:
        raise (WrongUseError if error.exit_code == WrongUseError.exit_code else LocalError)(
            str(error)
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise LocalError(str(error)) from error


def _find_stack(folder: Path) -> RunningPipeline:
    """Find the pipeline of `up`, or the stack that was deployed to the account of `serve`."""
    running = state.find(folder)
    return running if running.outputs else replace(running, outputs=find_outputs(running.cloud))


@contextmanager
def _announced_pipeline(console: Console, options: Namespace) -> Iterator[RunningPipeline]:
    """Lock the folder, start the pipeline, and save where it is for the other commands."""
    config = read_config(options.config)
    with open_session(options.folder), ExitStack() as services:
        with console.status("Starting emulated AWS and deploying the stack ..."):
            pipeline = services.enter_context(
                start_pipeline(config, options.folder, options.jobs, tell=partial(_say, console))
            )
        console.print(
            f"Emulated AWS is up ({pipeline.start_seconds:.1f} s) and the stack is deployed:"
            f" {len(pipeline.deployment.resources)} resources ({pipeline.deploy_seconds:.1f} s).\n"
        )
        yield state.announce(options.folder, pipeline.cloud, pipeline.outputs)


def _transcribe(console: Console, pipeline: RunningPipeline, files: dict[str, Path], folder: Path) -> int:
    uploads = _upload_all(console, pipeline, files)
    transcriptions = show_progress(console, follow(pipeline, uploads))
    results = [fetch_result(pipeline, each, folder / TRANSCRIPTS_FOLDER) for each in transcriptions]
    for transcription, result in zip(transcriptions, results, strict=True):
        show_result(console, transcription, result)
    return 0 if all(result.transcript and not result.not_copied for result in results) else 1


def _show_clients(console: Console, pipeline: RunningPipeline) -> None:
    """Print how to use the stack with the AWS CLI."""
    console.print("\nWith the AWS CLI, after this line:")
    for line in (exports(pipeline.cloud), *examples(pipeline.outputs)):
        _say(console, f"  {line}")


def _say(console: Console, text: str) -> None:
    """Print one line without wrapping, so that it can be copied."""
    console.print(printable(text), soft_wrap=True, markup=False)


def _logs(folder: Path) -> str:
    own, emulator = _quoted(folder / LOG_FILE), _quoted(folder / EMULATOR_LOG)
    return f"{own} of deliveries and jobs, {emulator} of emulated AWS"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _upload_all(console: Console, pipeline: RunningPipeline, files: dict[str, Path]) -> list[Upload]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    uploads: list[Upload] = []
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        for key, path in files.items():
            task = progress.add_task(f"uploading {printable(key)}", total=path.stat().st_size)
            uploads.append(
                upload_recording(
                    pipeline,
                    path,
                    key,
                    lambda sent, task=task: progress.advance(task, sent),  # type: ignore[misc]
                )
            )
    return uploads


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Wait for an interrupt after the block. An interrupt within the block ends the wait too."""
    with suppress(KeyboardInterrupt):
        yield
        threading.Event().wait()
