"""Decode an audio or video file to 16 kHz while it is read, in constant memory."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import BinaryIO, Self

import av
import numpy as np
from av.audio.stream import AudioStream

from transcriber.audio.audible_tracks import audible_streams
from transcriber.audio.containers.encryption import encrypted_streams
from transcriber.audio.containers.transport_stream import NAME as MPEG_TS
from transcriber.audio.containers.transport_stream import Programmes, read_programmes
from transcriber.audio.damage import DamageReport
from transcriber.audio.resampling import SAMPLE_RATE, Block
from transcriber.audio.section_reader import UNREAD, SectionReader
from transcriber.audio.sections import ENCRYPTED, open_first, open_next
from transcriber.audio.track_decoder import MOST_PACKET_BYTES
from transcriber.audio.tracks import Track, choose, ranked_streams
from transcriber.errors import UnusableInputError

MOST_AUDIO_SECONDS = 48 * 3600.0
"""A small file can decode to years of silence. No recording of speech is longer than two days."""

__all__ = ["MOST_PACKET_BYTES", "SAMPLE_RATE", "AudioProperties", "AudioReader", "Block"]


@dataclass(frozen=True)
class AudioProperties:
    """What the file says about its audio, by FFmpeg's names; its duration may be wrong, or None."""

    duration_seconds: float | None
    container: str
    codec: str
    sample_rate: int
    channels: int


class AudioReader(AbstractContextManager["AudioReader"]):
    """The audio of one file: all its used tracks, mixed or by channels. Video is skipped.

    Damaged and missing parts are silence in `blocks`, and `damage` lists them. The constructor decodes the
    first block, so a file that opens has audio that decodes.
    """

    def __init__(self, file: BinaryIO, uri: str, *, split: bool = False) -> None:
        """Open ``file``, which must be seekable and stay open while this is used.

        Args:
            file: an audio or video file.
            uri: the file's name in messages.
            split: give blocks with a column for each channel of each used track.

        Raises:
            UnusableInputError: not audio or video, no audio track, nothing in it that decodes.
            TranscriberError: the file can't be read.
        """
        self.read_seconds = 0.0
        """How many seconds `blocks` has yielded so far."""
        self.damage = DamageReport()
        """The losses so far."""
        self._uri = uri
        self._file = file
        self._section = open_first(file, uri)
        try:
            self.tracks = self._heard = self._without_silent(self._choose_tracks())
            """All audio tracks of the file, or of its first section if it has several."""
            self.properties = self._read_properties()
            self.channel_count = self._count_channels() if split else 1
            """The number of columns of a block, if split."""
            self._split = split
            decoded = self._decode()
            first = next(decoded, None)
            if first is None:
                raise UnusableInputError(f"{uri}: {self._why_empty()}.")
        except BaseException:
            self._section.container.close()
            raise
        self._blocks = chain([first], decoded)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._section.container.close()

    def blocks(self) -> Iterator[Block]:
        """Yield the audio from the start of the file, in blocks of at most a second. It can be read once.

        Blocks have shape [samples], or [samples, channels] if split. If the audio track begins later than the
        file, silence comes first, so that times are those of the file.

        Raises:
            UnusableInputError: there is more audio than allowed.
            TranscriberError: the file can't be read.
        """
        for block in self._blocks:
            self.read_seconds += len(block) / SAMPLE_RATE
            if self.read_seconds > MOST_AUDIO_SECONDS:
                raise UnusableInputError(
                    f"{self._uri}: over {MOST_AUDIO_SECONDS / 3600:.0f} hours of audio, the most allowed."
                )
            yield block

    def _without_silent(self, tracks: list[Track]) -> list[Track]:
        """Return ``tracks``; choose again if the used tracks are silent and alternatives are not."""
        alternatives = {track.index for track in tracks if track.is_alternative}
        if not alternatives:
            return tracks
        used = {track.index for track in tracks if track.used}
        streams = [
            each for each in self._section.container.streams.audio if each.index in used | alternatives
        ]
        audible = audible_streams(self._section, streams, used)
        self._section.container.close()
        self._section = open_first(self._file, self._uri)
        if audible & used or not audible:
            return tracks
        return self._choose_tracks(silent=(used | alternatives) - audible)

    def _choose_tracks(self, silent: Collection[int] = ()) -> list[Track]:
        container, look = self._section.container, self._section.look
        programmes = read_programmes(look) if container.format.name == MPEG_TS else Programmes()
        encrypted = encrypted_streams(look, container) | {
            stream.index for stream in container.streams if stream.id in programmes.encrypted
        }
        if not container.streams.audio:
            reason = (
                ENCRYPTED if programmes.encrypted else f"no audio track in it, a {container.format.name} file"
            )
            raise UnusableInputError(f"{self._uri}: {reason}.")
        numbers = {stream.index: programmes.numbers.get(stream.id, 0) for stream in container.streams}
        tracks = choose(container.streams.audio, encrypted=encrypted, silent=silent, programmes=numbers)
        if not any(track.used for track in tracks):
            reason = ENCRYPTED if encrypted else "no decoder knows the format of the audio track"
            raise UnusableInputError(f"{self._uri}: {reason}.")
        return tracks

    def _read_properties(self) -> AudioProperties:
        container = self._section.container
        context = self._heard_streams()[0].codec_context
        duration = container.duration
        return AudioProperties(
            duration_seconds=None if duration is None or duration < 0 else duration / av.time_base,
            container=container.format.name,
            codec=context.codec.canonical_name,
            sample_rate=context.sample_rate,
            channels=context.channels,
        )

    def _heard_streams(self) -> list[AudioStream]:
        """Return the used tracks of the section, best first."""
        used = {track.index for track in self._heard if track.used}
        streams = self._section.container.streams.audio
        return ranked_streams([stream for stream in streams if stream.index in used])

    def _count_channels(self) -> int:
        return sum(self._widths().values())

    def _widths(self) -> dict[int, int]:
        return {stream.index: max(1, stream.codec_context.channels) for stream in self._heard_streams()}

    def _why_empty(self) -> str:
        if self.damage.entries:
            return f"damaged, none of its {self._reader.packet_count} audio packets can be decoded"
        return "the audio track is empty"

    def _decode(self) -> Iterator[Block]:
        samples = 0
        origin = self._section.start_seconds
        while True:
            start = samples / SAMPLE_RATE
            streams = self._heard_streams()
            widths: dict[int, int | None] = {stream.index: None for stream in streams}
            if self._split:
                # Channels keep the order of the file. The best track need not come first.
                streams.sort(key=lambda stream: stream.index)
                widths = dict(self._widths())
            self._reader = reader = SectionReader(
                self._section, streams, self._uri, start, origin, self.damage, widths
            )
            for block in reader.blocks():
                samples += len(block)
                yield self._fitted(block) if self._split else block
            following = open_next(self._section, self._file, self._uri, reader.read_to)
            if following is None:
                reader.report_missing_end()
                return
            self._section.container.close()
            self._section = following
            if not following.keeps_clock:
                origin = following.start_seconds - samples / SAMPLE_RATE
                try:
                    self._heard = self._choose_tracks()
                except UnusableInputError:
                    end = samples / SAMPLE_RATE
                    self.damage.add(
                        end, end + max(0.0, (following.container.duration or 0) / av.time_base), UNREAD
                    )
                    return

    def _fitted(self, block: Block) -> Block:
        """Return ``block`` with as many columns as the blocks of the first section."""
        lacking = self.channel_count - block.shape[1]
        if lacking > 0:
            return np.pad(block, ((0, 0), (0, lacking)))
        return block[:, : self.channel_count]
