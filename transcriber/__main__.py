"""``python -m transcriber SOURCE... DESTINATION``: run one job and end with its exit code."""

import faulthandler
import logging
import os
import sys

from transcriber import job
from transcriber.command_line import parse
from transcriber.errors import FaultError, Terminated, TranscriberError
from transcriber.model.heap import give_large_blocks_back
from transcriber.model.load import load_model
from transcriber.outcomes import ExitCode
from transcriber.recognition.loading import LoadModel
from transcriber.reporting import log, metrics
from transcriber.reporting.library_output import LibraryOutput, own_standard_error
from transcriber.settings import JobIdentity
from transcriber.termination import raise_when_told_to_stop


def main(arguments: list[str], load: LoadModel = load_model) -> int:
    """Run the job of ``arguments`` and return the exit code. An error becomes one line of the log.

    Args:
        arguments: the command line.
        load: gives the model, as in `job.run`.
    """
    stream = own_standard_error()
    log.configure(stream)
    # A crash in C code ends the process without a message; this prints where it happened.
    faulthandler.enable(stream)
    identity = JobIdentity.model_construct()
    printed = LibraryOutput()

    def fail(message: str, exit_code: int, fault: BaseException | None = None) -> int:
        # What a list leaves over is counted by the jobs that it gets.
        if identity.stack and exit_code != ExitCode.LEFT_OVER:
            log.event("failure counted", **metrics.failed(identity.stack, exit_code))
        said = {"library_output": printed.tail()} if fault and printed.tail() else {}
        log.failure(message, fault=fault, exit_code=exit_code, **said)
        return exit_code

    def tell_stopped(signal: Terminated) -> int:
        return fail(str(signal), signal.exit_code)

    try:
        with raise_when_told_to_stop(tell_stopped):
            identity = JobIdentity.read()
            log.configure(stream, job_id=identity.job_id, attempt=identity.attempt)
            command = parse(arguments)
            # The lines of a list have the source of the recording that they are about.
            source = None if command.is_list else command.sources[0]
            log.configure(
                stream,
                job_id=identity.job_id,
                attempt=identity.attempt,
                manifest=command.manifest,
                source=source,
            )
            printed.redirect()
            job.run(command, load)
    except TranscriberError as error:
        # Errors of the user or the environment are a sentence. Only faults need a traceback.
        return fail(str(error), error.exit_code, error.__cause__ if isinstance(error, FaultError) else None)
    except Terminated as signal:
        return tell_stopped(signal)
    except Exception as fault:  # noqa: BLE001 - the top: anything unforeseen becomes one line and an exit code
        return fail(f"Unforeseen: {fault!r}", ExitCode.FAULT, fault)
    return ExitCode.DONE


if __name__ == "__main__":
    give_large_blocks_back()
    exit_code = main(sys.argv[1:])
    logging.shutdown()
    # What NeMo and torch do at exit takes seconds, on a machine paid by the second, for nothing.
    os._exit(exit_code)
