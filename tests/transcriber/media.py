"""Media files for tests, made by PyAV."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def tone(seconds: float, rate: int = 16_000, amplitude: float = 0.5) -> Samples:
    """A 440 Hz tone, shape [samples]."""
    times = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * 440 * times)).astype(np.float32)


def silence(seconds: float, rate: int = 16_000) -> Samples:
    return np.zeros(round(seconds * rate), dtype=np.float32)


def write_audio(
    path: Path,
    samples: Samples,
    rate: int = 16_000,
    codec: str = "pcm_s16le",
    layout: str = "mono",
    container: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write one audio track, every channel the same; ``options`` are the container's."""
    with av.open(str(path), "w", format=container, options=options) as output:
        _encode(output, samples, rate, codec, layout)
    return path


def write_one_packet(path: Path, content: bytes, codec: str, rate: int) -> Path:
    """Write a mono track of raw sound that is all in one packet."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        packet = av.Packet(content)
        packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, rate), 0, 0
        output.mux(packet)
    return path


def write_tracks(
    path: Path, tracks: list[Samples], default: int, rate: int = 16_000, languages: Sequence[str] = ()
) -> Path:
    """Write several audio tracks of which one is the default, in ``languages`` or without any."""
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("pcm_s16le", rate=rate, layout="mono") for _ in tracks]
        for number, stream in enumerate(streams):
            stream.disposition = av.stream.Disposition.default if number == default else 0
            if languages:
                stream.metadata["language"] = languages[number]
        for samples, stream in zip(tracks, streams, strict=True):
            for packet in [*stream.encode(_frame(samples, rate, "mono", "s16")), *stream.encode(None)]:
                output.mux(packet)
    return path


def write_video(
    path: Path,
    seconds: float,
    sound: Samples | None = None,
    delay_seconds: float = 0,
    sound_codec: str = "pcm_s16le",
) -> Path:
    """Write a grey video of 10 pictures a second, with sound from ``delay_seconds`` on or without any."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("mpeg4", rate=10)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        audio = None if sound is None else output.add_stream(sound_codec, rate=16_000, layout="mono")
        for number in range(round(seconds * 10)):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, dtype=np.uint8), format="rgb24")
            picture.pts = number
            output.mux(video.encode(picture))
        output.mux(video.encode(None))
        if audio is not None and sound is not None:
            resampler = av.AudioResampler(
                format=audio.format, layout="mono", rate=16_000, frame_size=audio.frame_size or 1024
            )
            position = round(delay_seconds * 16_000)
            for frame in [
                *resampler.resample(_frame(sound, 16_000, "mono", "fltp")),
                *resampler.resample(None),
            ]:
                frame.pts = position
                position += frame.samples
                output.mux(audio.encode(frame))
            output.mux(audio.encode(None))
    return path


def tagged(frames: bytes, audio: bytes) -> bytes:
    """An MP3 with ID3 ``frames`` before it."""
    size = bytes((len(frames) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + frames + audio


def id3_frame(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack(">IH", len(content), 0) + content


def _encode(
    output: av.container.OutputContainer,
    samples: Samples,
    rate: int,
    codec: str,
    layout: str,
) -> None:
    stream = output.add_stream(codec, rate=rate, layout=layout)
    if codec == "wmav2":
        # Its encoder refuses the rate that PyAV sets.
        stream.bit_rate = 48_000
    context = stream.codec_context
    resampler = av.AudioResampler(
        format=context.format or "s16", layout=layout, rate=rate, frame_size=context.frame_size or 1024
    )
    for frame in [*resampler.resample(_frame(samples, rate, layout, "fltp")), *resampler.resample(None)]:
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def _frame(samples: Samples, rate: int, layout: str, sample_format: str) -> av.AudioFrame:
    channels = av.AudioLayout(layout).nb_channels
    planes = np.repeat(samples[None], channels, axis=0)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), format="fltp", layout=layout)
    frame.sample_rate = rate
    if sample_format == "fltp":
        return frame
    (converted,) = av.AudioResampler(format=sample_format, layout=layout, rate=rate).resample(frame)
    return converted


def wave(
    channels: NDArray[np.float32],
    rate: int = 16_000,
    *,
    is_float: bool = False,
    order: str = "<",
    size: int | None = None,
    trailer: bytes = b"",
) -> bytes:
    """A WAVE file without channel mask of ``channels``, shape [channels, samples]; ``size`` may be a lie."""
    count = len(channels)
    sample_bytes = 4 if is_float else 2
    values = channels.T if is_float else np.round(channels.T * 32767)
    data = values.astype(order + ("f4" if is_float else "i2")).tobytes()
    kind = struct.pack(
        order + "HHIIHH",
        3 if is_float else 1,
        count,
        rate,
        rate * count * sample_bytes,
        count * sample_bytes,
        8 * sample_bytes,
    )
    content = b"WAVEfmt " + struct.pack(order + "I", 16) + kind
    content += b"data" + struct.pack(order + "I", len(data) if size is None else size) + data + trailer
    return (b"RIFF" if order == "<" else b"RIFX") + struct.pack(order + "I", len(content)) + content


def scratched(content: bytes, place: float, length: int, *, zeros: bool = True) -> bytes:
    """``content`` with some bytes destroyed, from the share ``place`` of it on."""
    at = int(len(content) * place)
    noise = bytes(length) if zeros else np.random.default_rng(1).bytes(length)
    return content[:at] + noise[: len(content) - at] + content[at + length :]


def box(kind: bytes, content: bytes) -> bytes:
    """A box of MPEG-4."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def encrypted_movie(movie: bytes, entry: bytes = b"enca") -> bytes:
    """``movie``, whose header is at its end, saying that its sound is encrypted."""
    protection = box(
        b"sinf",
        box(b"frma", b"mp4a")
        + box(b"schm", bytes(4) + b"cenc" + bytes((0, 1, 0, 0)))
        + box(b"schi", box(b"tenc", bytes(4) + bytes((0, 0, 1, 8)) + bytes(range(16)))),
    )
    at = movie.index(b"stsd")
    entry_at = at + 12
    (entry_bytes,) = struct.unpack_from(">I", movie, entry_at)
    changed = box(entry, movie[entry_at + 8 : entry_at + entry_bytes] + protection)
    content = bytearray(movie[:entry_at] + changed + movie[entry_at + entry_bytes :])
    for kind in (b"stsd", b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        where = content.rindex(kind, 0, at + 4) - 4
        (size,) = struct.unpack_from(">I", content, where)
        struct.pack_into(">I", content, where, size + len(protection))
    return bytes(content)
