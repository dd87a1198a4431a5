"""Runs the image's worker as AWS Batch would: ``python -m image_trial.trial``, within a network of its own.

The program is deployed to emulated AWS. Uploads become jobs by its own rule, with the job definition that it
registered: user, command, variables, limits, folders in memory and the read-only root file system are what it
says. Only the container is this trial's: it is started in the image.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from emulator.batch.images import ContainerImage
from emulator.errors import EmulatorError
from image_trial import probe
from image_trial.engine import Build
from image_trial.engines import engine_of
from image_trial.errors import TrialError
from image_trial.job_container import JobContainer
from image_trial.network import bring_loopback_up
from image_trial.recordings import write_damaged, write_long
from local.errors import LocalError
from local.pipeline import PROJECT, read_config, start_pipeline
from local.recordings import ENDED, Transcription, fetch_result, follow, upload
from local.state import RunningPipeline
from transcriber.outcomes import ExitCode

SAMPLES = PROJECT / "local" / "samples"
LONG_SECONDS = 1800
JOBS_AT_ONCE = 2
DEADLINE_SECONDS = 300
POLL_SECONDS = 0.1
INTERRUPTED = 130

Found = TypeVar("Found")


@dataclass(frozen=True)
class Trial:
    """A deployed pipeline whose jobs run in the image."""

    pipeline: RunningPipeline
    folder: Path

    def check_container(self) -> None:
        """Run a program in the image by the job definition, and hold what it sees to that.

        Raises:
            TrialError: they differ.
        """
        batch = self.pipeline.cloud.client("batch")
        definition = self.pipeline.outputs["jobDefinition"]
        (described,) = batch.describe_job_definitions(jobDefinitions=[definition])["jobDefinitions"]
        container = JobContainer.of(described["containerProperties"])
        submitted = batch.submit_job(
            jobName="probe",
            jobQueue=self.pipeline.outputs["jobQueue"],
            jobDefinition=definition,
            containerOverrides={"command": probe.command_for(container)},
        )
        job = self._wait(lambda: self._ended(submitted["jobId"]))
        lines = self._log(job)
        if job["status"] != "SUCCEEDED":
            raise TrialError(f"No program can be run in the image: {_end_of(job, lines)}")
        probe.check(json.loads(lines[-1]), container)

    def check_transcripts(self) -> Iterator[str]:
        """Transcribe every sample; yield a line for each.

        Raises:
            TrialError: a transcript is missing, or is not what is said.
        """
        texts: dict[str, str] = json.loads((SAMPLES / "samples.json").read_text())
        for done in self._transcribe([SAMPLES / name for name in texts]):
            key = done.upload.key
            result = fetch_result(self.pipeline, done, self.folder)
            if result.transcript is None:
                raise TrialError(f"{key}: no transcript: {result.failure}")
            if result.transcript["text"] != texts[key]:
                raise TrialError(f"{key}: heard {result.transcript['text']!r}, said {texts[key]!r}.")
            seconds = result.transcript["processing"]["total_seconds"]
            yield f"{key}: transcript as said, {len(result.files)} files, {seconds:.1f} s"

    def check_damaged(self) -> str:
        """Transcribe what is no recording.

        Raises:
            TrialError: the job does not end with the exit code for unusable input, or tells no reason.
        """
        recording = self.folder / "damaged.m4a"
        write_damaged(SAMPLES / "phone-number.m4a", recording)
        (done,) = self._transcribe([recording])
        _require_exit_code(done.job, ExitCode.UNUSABLE_INPUT, self._log(done.job))
        reason = fetch_result(self.pipeline, done, self.folder).failure
        return f"damaged.m4a: exit code {ExitCode.UNUSABLE_INPUT}, {reason}"

    def check_termination(self) -> str:
        """Stop a job half-way.

        Raises:
            TrialError: it does not end with the exit code for that.
        """
        recording = self.folder / "long.wav"
        write_long(SAMPLES / "meeting.wav", recording, LONG_SECONDS)
        uploaded = upload(self.pipeline, recording, recording.name)
        batch = self.pipeline.cloud.client("batch")
        for (transcription,) in follow(self.pipeline, [uploaded]):
            if transcription.job:
                break
        job_id = transcription.job["jobId"]
        self._wait(lambda: self._says(job_id, "recognising"))
        batch.terminate_job(jobId=job_id, reason="The trial stops it half-way")
        job = self._wait(lambda: self._ended(job_id))
        _require_exit_code(job, ExitCode.TOLD_TO_STOP, self._log(job))
        # Until the runbook has written down why, the stack can't be taken away.
        done = Transcription(uploaded, [job["status"]], job)
        self._wait(lambda: fetch_result(self.pipeline, done, self.folder).files)
        return f"long.wav: stopped half-way, exit code {ExitCode.TOLD_TO_STOP}"

    def _transcribe(self, recordings: Sequence[Path]) -> list[Transcription]:
        uploads = [upload(self.pipeline, path, path.name) for path in recordings]
        *_, last = follow(self.pipeline, uploads)
        return last

    def _ended(self, job_id: str) -> dict[str, Any] | None:
        (job,) = self.pipeline.cloud.client("batch").describe_jobs(jobs=[job_id])["jobs"]
        return job if job["status"] in ENDED else None

    def _says(self, job_id: str, message: str) -> bool:
        (job,) = self.pipeline.cloud.client("batch").describe_jobs(jobs=[job_id])["jobs"]
        if job["status"] in ENDED:
            raise TrialError(f"The job ended before it could be stopped: {_end_of(job, self._log(job))}")
        return any(f'"{message}"' in line for line in self._log(job))

    def _log(self, job: dict[str, Any]) -> list[str]:
        stream = job["container"].get("logStreamName")
        if job["status"] not in ("RUNNING", *ENDED) or not stream:
            return []
        events = self.pipeline.cloud.client("logs").get_log_events(
            logGroupName=self.pipeline.outputs["logGroup"], logStreamName=stream, startFromHead=True
        )
        return [event["message"] for event in events["events"]]

    def _wait(self, look: Callable[[], Found | None]) -> Found:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (found := look()):
            if time.monotonic() > deadline:
                raise TrialError(f"A job took longer than {DEADLINE_SECONDS} s.")
            time.sleep(POLL_SECONDS)
        return found


@contextmanager
def start_trial(image: ContainerImage, folder: Path) -> Iterator[Trial]:
    """Deploy the program, with jobs in ``image``, and take everything down after the block.

    Raises:
        EmulatorError: a service did not start, or the program failed.
    """
    with start_pipeline(read_config([]), folder, JOBS_AT_ONCE, image) as pipeline:
        yield Trial(RunningPipeline(0, pipeline.cloud, pipeline.outputs), folder)


def main(arguments: Sequence[str]) -> int:
    """Try the image and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m image_trial.trial", description=__doc__)
    parser.add_argument("engine", help="which built the image")
    parser.add_argument("cache", type=Path, help="where it keeps images")
    parser.add_argument("network", help="the network's name")
    options = parser.parse_args(arguments)
    bring_loopback_up()
    engine = engine_of(options.engine, options.cache)
    try:
        with (
            TemporaryDirectory(prefix="image-trial-") as folder,
            engine.image(Build(), options.network) as image,
            start_trial(image, Path(folder)) as trial,
        ):
            trial.check_container()
            print("container: as the job definition asks, and cut off from the network", flush=True)
            for line in trial.check_transcripts():
                print(line, flush=True)
            print(trial.check_damaged(), flush=True)
            print(trial.check_termination(), flush=True)
    except (TrialError, EmulatorError, LocalError) as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _require_exit_code(job: dict[str, Any], expected: int, log: Sequence[str]) -> None:
    if job["container"].get("exitCode") != expected:
        raise TrialError(f"{_end_of(job, log)}, where exit code {expected} was due.")


def _end_of(job: dict[str, Any], log: Sequence[str]) -> str:
    container = job["container"]
    said = f"; {log[-1]}" if log else ""
    reason = container.get("reason") or job.get("statusReason", "")
    return f"the job ended with {container.get('exitCode', 'no exit code')} ({reason}{said})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
