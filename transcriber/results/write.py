"""Write a transcript in its formats."""

from collections.abc import Iterable

from transcriber.errors import FaultError, TranscriberError
from transcriber.reporting import log
from transcriber.results.conditional_write import Placing
from transcriber.results.formats import TranscriptFormat
from transcriber.storage.scratch import explain_scratch_errors, scratch_file
from transcriber.transcript.document import Segment, TranscriptHead


def write_results(
    head: TranscriptHead,
    segments: Iterable[Segment],
    formats: Iterable[TranscriptFormat],
    name: str,
    placing: Placing,
) -> None:
    """Write ``formats`` in their order, as results of the source ``name``. One that fails costs no other.

    Args:
        segments: can be read more than once.

    Raises:
        SupersededError: the recording was replaced; no newer result was touched.
        FaultError: a format failed; all others are written.
        TranscriberError: the destination or the scratch folder can't be written.
    """
    faults: list[Exception] = []
    for each in formats:
        with scratch_file() as file:
            try:
                for text in each.render(head, segments):
                    with explain_scratch_errors():
                        file.write(text.encode())
            except TranscriberError:
                raise
            except Exception as fault:  # noqa: BLE001 - raised below, when the others are safe
                log.failure("a format failed", fault=fault, format=each.name)
                faults.append(fault)
                continue
            with explain_scratch_errors():
                file.seek(0)
            placing.write(name + each.suffix, file, each.content_type)
    if faults:
        raise FaultError(f"{head.source.uri}: transcribed, but not in all formats.") from faults[0]
