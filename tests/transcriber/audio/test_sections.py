"""Times stay right in files that were joined, scratched, cut off or lie, and what is lost is told."""

import struct
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.transcriber.markers import (
    STEP_SECONDS,
    assert_in_place_or_told,
    mark_times,
    marked,
    read,
)
from tests.transcriber.media import (
    Samples,
    box,
    encrypted_movie,
    id3_frame,
    scratched,
    tagged,
    wave,
    write_audio,
    write_video,
)
from transcriber.audio.reader import SAMPLE_RATE, AudioReader
from transcriber.errors import UnusableInputError

SECONDS = 20
MARKS = range(1, SECONDS // STEP_SECONDS)
EVERY_MARK = {mark: float(STEP_SECONDS * mark) for mark in MARKS}

FORMATS: dict[str, tuple[int, str, str | None]] = {
    "a.wav": (16_000, "pcm_s16le", None),
    "a.w64": (16_000, "pcm_s16le", None),
    "a.aiff": (16_000, "pcm_s16be", None),
    "a.au": (16_000, "pcm_s16be", None),
    "a.caf": (16_000, "pcm_s16le", None),
    "a.flac": (16_000, "flac", None),
    "a.mp3": (16_000, "libmp3lame", None),
    "a.aac": (16_000, "aac", None),
    "a.ac3": (32_000, "ac3", None),
    "a.m4a": (16_000, "aac", None),
    "a.mkv": (16_000, "aac", None),
    "a.webm": (16_000, "libopus", None),
    "a.ogg": (16_000, "libopus", None),
    "a.ts": (16_000, "aac", None),
    "a.avi": (16_000, "libmp3lame", None),
    "a.flv": (44_100, "aac", None),
    "a.wma": (16_000, "wmav2", None),
    "a.mpg": (32_000, "mp2", "mpeg"),
    "fragmented.mp4": (16_000, "aac", "mp4"),
}
SILENT_ABOUT_THEIR_END = {"a.aac", "a.ac3", "a.ogg", "a.ts", "a.mpg", "fragmented.mp4"}
"""Formats that tell no duration beforehand."""


@cache
def original(name: str) -> bytes:
    """A whole file of a format, with every mark."""
    rate, codec, container = FORMATS[name]
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000"}
    with TemporaryDirectory() as folder:
        return write_audio(
            Path(folder, name),
            marked(SECONDS, rate),
            rate,
            codec,
            container=container,
            options=options if name.startswith("fragmented") else None,
        ).read_bytes()


def times_in(content: bytes, folder: Path, name: str, marks: range = MARKS) -> dict[int, float]:
    (folder / name).write_bytes(content)
    samples, damage = read(folder / name)
    assert damage == []
    return mark_times(samples, marks)


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_whole_has_every_mark_and_no_damage(name: str, tmp_path: Path) -> None:
    assert times_in(original(name), tmp_path, name) == pytest.approx(EVERY_MARK, abs=0.15)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(FORMATS)),
    place=st.floats(0.15, 0.85),
    length=st.integers(200, 4000),
    zeros=st.booleans(),
)
@example(name="a.mp3", place=0.5, length=2115, zeros=False)
def test_a_scratch_moves_nothing_or_is_told(
    name: str, place: float, length: int, zeros: bool, tmp_path: Path
) -> None:
    # Raw samples tell nothing about what they were.
    place_of_end = 0.0 if FORMATS[name][1].startswith("pcm") else None
    (tmp_path / name).write_bytes(scratched(original(name), place, length, zeros=zeros))
    assert_in_place_or_told(tmp_path / name, SECONDS, place_of_end)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(FORMATS)), share=st.floats(0.3, 0.98))
def test_a_cut_off_end_is_told(name: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(original(name)[: int(len(original(name)) * share)])
    if name == "a.m4a":
        with pytest.raises(UnusableInputError):
            read(path)
        return
    samples, _damage = read(path)
    end = len(samples) / SAMPLE_RATE - 1.2
    assert_in_place_or_told(path, SECONDS, end if name in SILENT_ABOUT_THEIR_END else None)


TAGS = {
    "nothing": b"",
    "ID3v1": b"TAG" + b"y" * 125,
    "ID3v2": tagged(id3_frame(b"TIT2", b"\0" + b"x" * 20_000), b""),
    "both, with a picture": b"TAG"
    + b"y" * 125
    + tagged(id3_frame(b"APIC", b"\0image/png\0\0\0" + np.random.default_rng(0).bytes(300_000)), b""),
}


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_tags_between_joined_mp3_take_no_time(tag: bytes, tmp_path: Path) -> None:
    second = write_audio(tmp_path / "b.mp3", marked(SECONDS, 16_000, first=11), 16_000, "libmp3lame")
    found = times_in(original("a.mp3") + tag + second.read_bytes(), tmp_path, "c.mp3", range(1, 20))
    expected = EVERY_MARK | {mark + 10: SECONDS + at for mark, at in EVERY_MARK.items()}
    assert found == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize(("first", "second"), [("mono", "stereo"), ("stereo", "mono"), ("mono", "mono")])
def test_every_link_of_a_chained_ogg_is_heard(first: str, second: str, tmp_path: Path) -> None:
    links = [
        write_audio(
            tmp_path / f"{number}.ogg",
            marked(SECONDS, 48_000, first=1 + 10 * number),
            48_000,
            "libopus",
            layout,
        ).read_bytes()
        for number, layout in enumerate((first, second))
    ]
    found = times_in(b"".join(links), tmp_path, "c.ogg", range(1, 20))
    expected = EVERY_MARK | {mark + 10: SECONDS + at for mark, at in EVERY_MARK.items()}
    assert found == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize("name", ["a.wav", "a.m4a"])
def test_files_put_after_one_another_are_all_heard(name: str, tmp_path: Path) -> None:
    rate, codec, _container = FORMATS[name]
    second = write_audio(tmp_path / f"b{name}", marked(SECONDS, rate, first=11), rate, codec).read_bytes()
    found = times_in(original(name) + second, tmp_path, name, range(1, 20))
    expected = EVERY_MARK | {mark + 10: SECONDS + at for mark, at in EVERY_MARK.items()}
    # Each file of AAC begins and ends with some silence of its own.
    assert found == pytest.approx(expected, abs=0.2)


def broadcast(path: Path, seconds: int, first: int, clock_seconds: float, pause_at: int = 0) -> bytes:
    """A transport stream of sound and pictures; at ``pause_at``, if any, sound pauses for five seconds."""
    sound = marked(seconds, 16_000, first)
    with av.open(str(path), "w", options={"output_ts_offset": str(clock_seconds)}) as output:
        video = output.add_stream("mpeg2video", rate=25)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        audio = output.add_stream("aac", rate=16_000, layout="mono")
        total = seconds + (5 if pause_at else 0)
        position = 0
        for picture_number in range(25 * total):
            picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, dtype=np.uint8), format="rgb24")
            picture.pts = picture_number
            output.mux(video.encode(picture))
            now = picture_number / 25
            while position < len(sound):
                pause = 5.0 if pause_at and position >= pause_at * 16_000 else 0.0
                if position / 16_000 + pause > now:
                    break
                frame = av.AudioFrame.from_ndarray(
                    sound[None, position : position + 1024], format="fltp", layout="mono"
                )
                frame.sample_rate, frame.pts = 16_000, position + round(pause * 16_000)
                output.mux(audio.encode(frame))
                position += 1024
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize("leap_seconds", [500.0, 40.0, 7200.0])
def test_a_leap_of_a_broadcasts_clock_is_no_silence(leap_seconds: float, tmp_path: Path) -> None:
    first = broadcast(tmp_path / "1.ts", 8, 1, 10.0)
    second = broadcast(tmp_path / "2.ts", 8, 5, 10.0 + 8 + leap_seconds)
    (tmp_path / "a.ts").write_bytes(first + second)
    samples, _damage = read(tmp_path / "a.ts")
    assert len(samples) / SAMPLE_RATE == pytest.approx(16, abs=0.3)
    found = mark_times(samples, range(1, 8))
    assert [found[mark] for mark in (1, 2, 3, 5, 6, 7)] == pytest.approx([2, 4, 6, 10, 12, 14], abs=0.2)


def test_a_pause_of_a_broadcasts_sound_is_silence(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(broadcast(tmp_path / "1.ts", 10, 1, 10.0, pause_at=5))
    samples, damage = read(tmp_path / "a.ts")
    assert damage == []
    assert mark_times(samples, range(1, 5)) == pytest.approx({1: 2, 2: 4, 3: 11, 4: 13}, abs=0.15)


@pytest.mark.parametrize(
    ("name", "codec", "rate"), [("a.ts", "aac", 16_000), ("a.wma", "wmav2", 16_000), ("a.mpg", "mp2", 32_000)]
)
def test_a_pause_without_a_byte_in_the_file_is_no_damage(
    name: str, codec: str, rate: int, tmp_path: Path
) -> None:
    path = write_audio(tmp_path / f"whole-{name}", marked(SECONDS, rate), rate, codec)
    with av.open(str(path)) as whole, av.open(str(tmp_path / name), "w") as output:
        stream = output.add_stream_from_template(whole.streams.audio[0])
        for packet in whole.demux():
            if packet.pts is not None and packet.time_base and packet.size:
                seconds = float(packet.pts * packet.time_base) - (whole.start_time or 0) / av.time_base
                packet.pts += round((7.0 if seconds > 11 else 0.0) / float(packet.time_base))
                packet.dts, packet.stream = packet.pts, stream
                output.mux(packet)
    samples, damage = read(tmp_path / name)
    assert damage == []
    expected = {mark: at + (7 if at > 11 else 0) for mark, at in EVERY_MARK.items()}
    assert mark_times(samples, MARKS) == pytest.approx(expected, abs=0.15)


def write_packets(path: Path, sound: Samples, stamp: Callable[[float], float]) -> Path:
    """Write Opus packets of 20 ms whose timestamps are what ``stamp`` makes of the right ones, in seconds."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        resampler = av.AudioResampler(
            format=stream.format, layout="mono", rate=48_000, frame_size=stream.frame_size or 960
        )
        frames = [*resampler.resample(frame), *resampler.resample(None), None]
        packets = [packet for each in frames for packet in stream.encode(each)]
        for number, packet in enumerate(packets):
            packet.time_base = Fraction(1, 48_000)
            packet.pts = packet.dts = round(48_000 * stamp(0.02 * number))
            output.mux(packet)
    return path


def test_packets_stamped_on_arrival_are_at_the_time_when_they_were_sent(tmp_path: Path) -> None:
    def arrival(seconds: float) -> float:
        return max(seconds, int(seconds) + 0.25) if seconds > 1 else seconds

    path = write_packets(tmp_path / "a.webm", marked(SECONDS, 48_000), arrival)
    assert times_in(path.read_bytes(), tmp_path, "b.webm") == pytest.approx(EVERY_MARK, abs=0.15)


@pytest.mark.parametrize("suffix", ["mkv", "webm"])
def test_a_pause_of_an_hour_stays_an_hour(suffix: str, tmp_path: Path) -> None:
    path = write_packets(
        tmp_path / f"a.{suffix}",
        marked(8, 48_000),
        lambda seconds: seconds + (3900 if seconds >= 5 else 0),
    )
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        assert sum(len(block) for block in audio.blocks()) / SAMPLE_RATE == pytest.approx(3908, abs=0.2)
        assert audio.damage.entries == []


@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_before_a_wave_file_hide_nothing(order: str, tmp_path: Path) -> None:
    sound = wave(marked(SECONDS, 16_000)[None], order=order)
    for tags in (b"", TAGS["ID3v2"], TAGS["ID3v2"] * 2, TAGS["ID3v2"] + bytes(100)):
        assert times_in(tags + sound, tmp_path, "a.wav") == pytest.approx(EVERY_MARK, abs=0.05)


@pytest.mark.parametrize("trailer", [b"", b"LIST" + struct.pack("<I", 4) + b"INFO", b"TAG" + bytes(125)])
@pytest.mark.parametrize("size", [32_000, 64_001])
def test_a_size_that_wrapped_is_not_believed(size: int, trailer: bytes, tmp_path: Path) -> None:
    content = wave(marked(SECONDS, 16_000)[None], size=size, trailer=trailer)
    assert times_in(content, tmp_path, "a.wav") == pytest.approx(EVERY_MARK, abs=0.05)


def test_what_follows_the_sound_of_a_wave_file_is_no_sound(tmp_path: Path) -> None:
    trailer = b"LIST" + struct.pack("<I", 60_000) + b"INFO" + b"abcd" * 14_999
    (tmp_path / "a.wav").write_bytes(wave(marked(SECONDS, 16_000)[None], trailer=trailer))
    samples, damage = read(tmp_path / "a.wav")
    assert len(samples) == SECONDS * SAMPLE_RATE
    assert damage == []


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0])
def test_a_size_that_a_program_could_not_know_is_no_claim(size: int, tmp_path: Path) -> None:
    content = wave(marked(SECONDS, 16_000)[None], size=size)
    assert times_in(content, tmp_path, "a.wav") == pytest.approx(EVERY_MARK, abs=0.05)


def test_fragments_after_a_scratched_one_are_read(tmp_path: Path) -> None:
    content = original("fragmented.mp4")
    at = content.index(b"moof", len(content) * 2 // 5) - 4
    (tmp_path / "a.mp4").write_bytes(content[:at] + bytes(600) + content[at + 600 :])
    samples, damage = read(tmp_path / "a.mp4")
    assert damage
    found = mark_times(samples, MARKS)
    assert len(found) >= len(MARKS) - 1
    assert {mark: at for mark, at in EVERY_MARK.items() if mark in found} == pytest.approx(found, abs=0.15)


@pytest.mark.parametrize("flags", ["empty_moov", "empty_moov+default_base_moof+global_sidx", "frag_keyframe"])
@pytest.mark.parametrize("place", [0.1, 0.45, 0.7])
def test_fragments_stay_where_the_tables_of_a_movie_say(flags: str, place: float, tmp_path: Path) -> None:
    options = {"movflags": flags, "frag_duration": "500000"}
    path = write_audio(tmp_path / "a.mp4", marked(SECONDS, 16_000), codec="aac", options=options)
    content = path.read_bytes()
    at = content.index(b"moof", int(len(content) * place)) - 4
    path.write_bytes(content[:at] + bytes(100) + content[at + 100 :])
    _samples, damage = read(path)
    assert sum(part.end - part.start for part in damage) < 1.5
    assert_in_place_or_told(path, SECONDS)


def test_a_movie_that_a_broken_fragment_keeps_from_opening_is_read_without_it(tmp_path: Path) -> None:
    options = {"movflags": "dash", "frag_duration": "500000"}
    path = write_audio(tmp_path / "a.mp4", marked(SECONDS, 16_000), codec="aac", options=options)
    content = path.read_bytes()
    for place in (0.4, 0.8):
        at = content.index(b"sidx", int(len(content) * place)) + 20
        noise = np.random.default_rng(1).bytes(1500)
        content = content[:at] + b"\xff" * 20 + noise + content[at + 20 + len(noise) :]
    path.write_bytes(content)
    _samples, damage = read(path)
    assert 0 < sum(part.end - part.start for part in damage) < 3
    assert_in_place_or_told(path, SECONDS)


@pytest.mark.parametrize("name", ["fragmented.mp4", "a.m4a", "a.wav", "a.aiff", "a.caf", "a.ogg"])
def test_files_that_were_joined_follow_each_other(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(2 * original(name))
    samples, damage = read(tmp_path / name)
    assert damage == []
    assert len(samples) / SAMPLE_RATE == pytest.approx(2 * SECONDS, abs=0.3)
    second = mark_times(samples[len(samples) // 2 :], MARKS)
    assert second == pytest.approx(EVERY_MARK, abs=0.15)


@pytest.mark.parametrize("name", ["a.m4a", "fragmented.mp4", "a.wma"])
@pytest.mark.parametrize("zeros", [0, 100])
def test_tags_before_other_formats_hide_nothing(name: str, zeros: int, tmp_path: Path) -> None:
    content = tagged(id3_frame(b"TIT2", b"\0talk"), bytes(zeros) + original(name))
    assert times_in(content, tmp_path, name) == pytest.approx(EVERY_MARK, abs=0.15)


def test_an_encrypted_movie_is_refused_as_such(tmp_path: Path) -> None:
    for entry in (b"enca", b"drms", b"aavd"):
        (tmp_path / "a.m4a").write_bytes(encrypted_movie(original("a.m4a"), entry))
        with pytest.raises(UnusableInputError, match=r"a\.m4a: encrypted"):
            read(tmp_path / "a.m4a")


@pytest.mark.parametrize("how", ["scrambled", "sample by sample"])
def test_an_encrypted_transport_stream_is_refused_as_such(how: str, tmp_path: Path) -> None:
    content = bytearray(original("a.ts"))
    if how == "scrambled":
        for at in range(0, len(content), 188):
            if (content[at + 1] & 0x1F) << 8 | content[at + 2] == 0x100:
                content[at + 3] |= 0x80
    else:
        # The type of the stream in the table of the programme, whose checksum FFmpeg lets pass.
        for at in range(0, len(content), 188):
            if (content[at + 1] & 0x1F) << 8 | content[at + 2] == 0x1000:
                content[at + 5 + 12] = 0xCF
    (tmp_path / "a.ts").write_bytes(content)
    with pytest.raises(UnusableInputError, match=r"a\.ts: encrypted|not an audio or video file"):
        read(tmp_path / "a.ts")


def test_an_encrypted_track_of_windows_media_is_refused_as_such(tmp_path: Path) -> None:
    content = bytearray(original("a.wma"))
    (size, objects) = struct.unpack_from("<QI", content, 16)
    key = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e") + struct.pack("<Q", 40) + bytes(16)
    struct.pack_into("<QI", content, 16, size + len(key), objects + 1)
    (tmp_path / "a.wma").write_bytes(content[:30] + key + content[30:])
    with pytest.raises(UnusableInputError, match=r"a\.wma: encrypted"):
        read(tmp_path / "a.wma")


def test_a_box_that_only_looks_like_protection_is_none(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 2, marked(4, 16_000), sound_codec="aac")
    content = path.read_bytes() + box(b"free", b"enca sinf tenc")
    assert 1 in times_in(content, tmp_path, "b.mp4")
