import errno
import io

import pytest

from tests.transcriber.transcripts import transcript_of, words_of
from transcriber.errors import TemporaryFailureError
from transcriber.storage.scratch import scratch_file
from transcriber.transcript.segment_spool import SegmentSpool


def test_segments_come_back_as_often_as_wanted_and_at_the_same_time() -> None:
    segments = transcript_of(*words_of("Où? Là-bas. Well.")).segments
    with scratch_file() as file:
        spool = SegmentSpool(file)
        for segment in segments:
            spool.append(segment)
        assert list(spool) == list(spool) == segments
        assert list(zip(spool, spool, strict=True)) == list(zip(segments, segments, strict=True))
        assert (spool.segment_count, spool.word_count) == (3, 3)


def test_a_cleared_spool_begins_anew() -> None:
    first, second = transcript_of(*words_of("One two three. Four.")).segments
    with scratch_file() as file:
        spool = SegmentSpool(file)
        spool.append(first)
        spool.clear()
        spool.append(second)
        assert list(spool) == [second]
        assert (spool.segment_count, spool.word_count) == (1, 1)


class FullDisk(io.BytesIO):
    def write(self, _data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_a_reason_to_try_elsewhere() -> None:
    with pytest.raises(TemporaryFailureError, match="No space left on device"):
        SegmentSpool(FullDisk()).append(transcript_of(*words_of("One.")).segments[0])
