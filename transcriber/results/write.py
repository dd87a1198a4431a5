"""Write a transcript in its formats."""

from collections.abc import Sequence

from transcriber.errors import FaultError, TranscriberError
from transcriber.reporting import log
from transcriber.results.conditional_write import claim_results
from transcriber.results.formats import TranscriptFormat
from transcriber.storage import Destination, Source, SourceVersion
from transcriber.storage.scratch import explain_scratch_errors, scratch_file
from transcriber.transcript.document import TranscriptHead
from transcriber.transcript.segment_spool import SegmentSpool


def write_results(
    head: TranscriptHead,
    segments: SegmentSpool,
    formats: Sequence[TranscriptFormat],
    source: Source,
    version: SourceVersion,
    destination: Destination,
) -> None:
    """Write a transcript in ``formats``, in their order. If one format fails, the others are still written.

    Args:
        head: everything of the transcript but its segments.
        segments: the segments.
        formats: what to write.
        source: the recording; results are named after it.
        version: the version of the recording that was transcribed.
        destination: the folder of the results.

    Raises:
        SupersededError: the recording was replaced; no newer result was touched.
        FaultError: a format failed; all others are written.
        TranscriberError: the destination or the scratch folder can't be written.
    """
    names = {each.name: source.name + each.suffix for each in formats}
    claim = claim_results(source, version, destination, names.values())
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
            claim.write(names[each.name], file, each.content_type)
    if faults:
        raise FaultError(f"{head.source.uri}: transcribed, but not in all formats.") from faults[0]
