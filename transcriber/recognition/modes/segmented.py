"""Recognise segments between pauses, several segments in a batch."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.recognition.loudness import raised
from transcriber.recognition.modes.base import Geometry, SpeechModel
from transcriber.recognition.modes.batches import batches, compute_in_halves
from transcriber.recognition.pauses import Cutting, EnergyDetector, cut_at_pauses
from transcriber.transcript.words import Word, words_from_tokens


class Segmented:
    """Each segment is recognised separately, with full attention. Memory is constant.

    Word errors in % and CPU seconds a minute of audio (``benchmarks/modes.py``, the tiny model):

    ===============  ==========  ==========  ==========  ==========
    speech           full        local       streaming   segmented
    ===============  ==========  ==========  ==========  ==========
    with pauses      0.52  4.6   0.37  1.0   0.45  0.8   0.45  0.5
    without pauses   14.8  4.3   14.7  1.2   14.5  3.5   13.7  1.3
    noise at 20 dB   3.0   3.6   2.2   0.9   2.4   0.6   2.2   0.4
    music at 20 dB   0.30  2.7   0.15  1.0   0.30  1.1   0.52  0.8
    a hum at 20 dB   0.22  3.0   0.15  1.1   0.15  1.7   0.37  0.8
    ===============  ==========  ==========  ==========  ==========
    """

    name: ClassVar[str] = "segmented"
    by_pieces: ClassVar[bool] = True

    def recognise(self, blocks: Iterable[Block], model: SpeechModel, geometry: Geometry, /) -> Iterator[Word]:
        """Yield the words of each batch of segments once all its segments are read."""
        model.attend_fully()
        most_samples = int(model.batch_seconds() * SAMPLE_RATE)
        cuts = cut_at_pauses(blocks, EnergyDetector(), Cutting(geometry.max_speech_segment_seconds))
        for group in batches(cuts, lambda cut: len(cut.samples), most_samples):
            encoded = compute_in_halves(model.encode_batch, [raised(cut.samples) for cut in group])
            for cut, tokens in zip(group, compute_in_halves(model.decode_batch, encoded), strict=True):
                for word in words_from_tokens(tokens, model.frame_seconds):
                    yield word.shifted(cut.start / SAMPLE_RATE)
