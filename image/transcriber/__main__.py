"""``python -m transcriber SOURCE DESTINATION``: run one job and end with its exit code."""

import logging
import os
import sys

from transcriber import job, log
from transcriber.command_line import parse
from transcriber.errors import FaultError, Terminated, TranscriberError
from transcriber.termination import raise_when_told_to_stop

FAULT_EXIT_CODE = 1


def main(arguments: list[str]) -> int:
    """Run the job of ``arguments`` and return the exit code; what goes wrong is one line of the log."""
    log.configure()
    try:
        with raise_when_told_to_stop():
            command = parse(arguments)
            log.configure(job_id=command.settings.job_id, attempt=command.settings.attempt)
            job.run(command)
    except TranscriberError as error:
        # What the user or the world did wrong is a sentence; only our own faults need to be traced.
        fault = error.__cause__ if isinstance(error, FaultError) else None
        log.failure(str(error), fault=fault, exit_code=error.exit_code)
        return error.exit_code
    except Terminated as signal:
        log.failure(str(signal), exit_code=signal.exit_code)
        return signal.exit_code
    except Exception as fault:  # noqa: BLE001 - the top: anything unforeseen becomes one line and an exit code
        log.failure(f"Unforeseen: {fault!r}", fault=fault, exit_code=FAULT_EXIT_CODE)
        return FAULT_EXIT_CODE
    return 0


if __name__ == "__main__":
    exit_code = main(sys.argv[1:])
    logging.shutdown()
    # What NeMo and torch do at exit takes seconds, on a machine paid by the second, for nothing.
    os._exit(exit_code)
