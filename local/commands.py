"""The commands of the local pipeline, each from its options to what it prints."""

import json
import os
import signal
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from local import state
from local.console import show_ignored, show_jobs, show_outputs, show_progress, show_result
from local.discovery import find_outputs
from local.errors import LocalError
from local.pipeline import Ports, read_config, start_pipeline
from local.recordings import (
    Upload,
    check_files,
    check_heard,
    fetch_result,
    follow,
    list_jobs,
)
from local.recordings import upload as upload_recording
from local.serve import pulumi_commands, serve_cloud
from local.state import RunningPipeline
from operations.outcomes import count_ignored
from operations.reconcile import run
from operations.stack import OperationError, Stack
from operations.terminal import printable

SAMPLES = Path(__file__).resolve().parent / "samples"
TRANSCRIPTS_FOLDER = "transcripts"
DOWN_DEADLINE_SECONDS = 60
POLL_SECONDS = 0.1
DOWN = "Down: the stack is destroyed and no process is left."
ENDED = "The pipeline has ended; its terminal says how."


def up(console: Console, options: Namespace) -> int:
    """Deploy the stack, print its outputs, stay until interrupted, take it down."""
    with _announced_pipeline(console, options) as pipeline:
        show_outputs(console, pipeline.outputs)
        console.print(
            "\nUp. In another terminal: python -m local upload FILE...   Ctrl-C here takes it down."
        )
        _wait_for_interrupt()
        console.print("\nTaking it down ...")
    console.print(DOWN)
    return 0


def serve(console: Console, options: Namespace) -> int:
    """Serve an empty account for the Pulumi CLI, print how to deploy to it, stay until interrupted."""
    ports = Ports(aws=options.port, batch=options.batch_port)
    config = read_config([])
    with state.hold(options.folder), ExitStack() as services:
        with console.status("Starting emulated AWS and Batch ..."):
            served = services.enter_context(serve_cloud(config, options.folder, options.jobs, ports))
        state.announce(options.folder, served.cloud, {})
        console.print(f"Emulated AWS: {served.cloud.aws_endpoint}   Batch: {served.cloud.batch_endpoint}\n")
        console.print("Deploy to it from another terminal, in the project's folder:")
        for command in pulumi_commands(options.folder, ports):
            console.print(f"  {command}", soft_wrap=True, markup=False)
        console.print(
            "\nThen: python -m local upload FILE...   Ctrl-C here ends it, with all that was deployed."
        )
        _wait_for_interrupt()
    console.print("\nNo process is left.")
    return 0


def upload(console: Console, options: Namespace) -> int:
    """Upload recordings, follow their jobs and print their results; 1 if any has no transcript."""
    check_files(options.files)
    pipeline = _find_stack(options.folder)
    keys = [options.prefix + path.name for path in options.files]
    for key in keys:
        check_heard(pipeline, key)
    return _transcribe(console, pipeline, dict(zip(keys, options.files, strict=True)), options.folder)


def status(console: Console, options: Namespace) -> int:
    """Print the stack's outputs, its jobs, and uploads that start none."""
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
    return 0


def reconcile(_console: Console, options: Namespace) -> int:
    """List uploads without an outcome, and submit them again where that is asked for."""
    running = _find_stack(options.folder)
    stack = Stack.from_outputs(running.outputs)
    try:
        return run(options, running.cloud.client("s3"), running.cloud.client("batch"), stack)
    except (OperationError, BotoCoreError, ClientError) as error:
        raise LocalError(str(error)) from error


def down(console: Console, options: Namespace) -> int:
    """End the pipeline that `up` holds and wait until it is gone."""
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
    """Bring the pipeline up, transcribe the sample recordings, take it down."""
    samples = {name: SAMPLES / name for name in json.loads((SAMPLES / "samples.json").read_text())}
    with _announced_pipeline(console, options) as pipeline:
        code = _transcribe(console, pipeline, samples, options.folder)
    console.print(DOWN)
    return code


def _find_stack(folder: Path) -> RunningPipeline:
    """Find the pipeline of `up`, or the stack that was deployed to what `serve` holds."""
    running = state.find(folder)
    return running if running.outputs else replace(running, outputs=find_outputs(running.cloud))


@contextmanager
def _announced_pipeline(console: Console, options: Namespace) -> Iterator[RunningPipeline]:
    """Hold the folder, bring the pipeline up and let the other commands find it."""
    config = read_config(options.config)
    with state.hold(options.folder), ExitStack() as services:
        with console.status("Starting emulated AWS and deploying the stack ..."):
            pipeline = services.enter_context(start_pipeline(config, options.folder, options.jobs))
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
    return 0 if all(result.transcript for result in results) else 1


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


def _wait_for_interrupt() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
