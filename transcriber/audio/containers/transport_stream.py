"""Read the programmes, the encryption and the clock of an MPEG transport stream."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from transcriber.audio.containers.file_view import FileView, read_at

NAME = "mpegts"
"""FFmpeg's name of the format."""

PACKET_BYTES = 188
STRIDES = (188, 192, 204)
"""The distance between packets: alone, with a timestamp (discs, cameras), or with a checksum."""

SYNC = 0x47
PROGRAMMES_PID = 0
NULL_PID = 0x1FFF
CLOCK_RATE = 90_000
CLOCK_WRAP = 2**33

SAMPLE_ENCRYPTED = frozenset({0xC1, 0xC2, 0xCF})
"""Stream types of HTTP Live Streaming: AC-3, E-AC-3 and AAC in which each frame is encrypted."""

HEAD_BYTES = 2 * 2**20
MOST_BYTES = 64 * 2**20
"""The most bytes between two packets of sound. In between is video."""

AROUND_BYTES = 16 * STRIDES[-1]
"""How much to read before and after a gap, for its clock and counters."""

SCRAMBLED_SHARE = 0.5
MOST_LOSS_SECONDS = 30.0
"""After a longer loss, the recording was stopped; reception comes back sooner."""


@dataclass(frozen=True)
class Packet:
    """The header fields and the payload of one packet."""

    pid: int
    counter: int
    is_start: bool
    has_payload: bool
    is_scrambled: bool
    is_discontinuous: bool
    clock: int | None
    """The clock of the programme, in ticks of `CLOCK_RATE`."""
    payload: bytes


def packets(data: bytes) -> Iterator[Packet]:
    """Yield the packets in ``data``, which may begin in the middle of a packet."""
    stride, position = _find_packets(data)
    while position + PACKET_BYTES <= len(data):
        if data[position] == SYNC:
            yield _parse(data[position : position + PACKET_BYTES])
            position += stride
        else:
            further, offset = _find_packets(data[position:])
            if offset == 0:
                return
            stride, position = further, position + offset


def _find_packets(data: bytes) -> tuple[int, int]:
    """Return the distance between packets and the position of the first one; the end if there is none."""
    position = data.find(SYNC)
    while position >= 0:
        for stride in STRIDES:
            places = range(position, min(len(data), position + 4 * stride), stride)
            if all(data[place] == SYNC for place in places) and len(places) > 1:
                return stride, position
        position = data.find(SYNC, position + 1)
    return PACKET_BYTES, len(data)


def _parse(data: bytes) -> Packet:
    control = data[3] >> 4 & 3
    payload_start, is_discontinuous, clock = 4, False, None
    if control & 2:
        length = data[4]
        payload_start = 5 + length
        if length:
            is_discontinuous = bool(data[5] & 0x80)
            if data[5] & 0x10 and length >= 7:
                clock = int.from_bytes(data[6:10]) << 1 | data[10] >> 7
    return Packet(
        pid=(data[1] & 0x1F) << 8 | data[2],
        counter=data[3] & 0xF,
        is_start=bool(data[1] & 0x40),
        has_payload=bool(control & 1),
        is_scrambled=bool(data[3] & 0x80),
        is_discontinuous=is_discontinuous,
        clock=clock,
        payload=data[payload_start:] if control & 1 else b"",
    )


@dataclass
class Programmes:
    """The programme number of each stream by its PID, and the PIDs of encrypted streams."""

    numbers: dict[int, int] = field(default_factory=dict)
    encrypted: set[int] = field(default_factory=set)


def read_programmes(file: FileView) -> Programmes:
    """Read the tables at the start of ``file``, and check whether its first packets are scrambled."""
    found = Programmes()
    tables: dict[int, int] = {}
    counts: dict[int, list[int]] = {}
    for packet in packets(read_at(file, 0, HEAD_BYTES)):
        if packet.has_payload:
            counts.setdefault(packet.pid, []).append(packet.is_scrambled)
        if packet.is_start and packet.pid == PROGRAMMES_PID:
            for at in _entries(packet.payload, 8):
                number = int.from_bytes(at[:2])
                if number:
                    tables[int.from_bytes(at[2:4]) & 0x1FFF] = number
        elif packet.is_start and packet.pid in tables:
            for pid, kind in _streams(packet.payload):
                found.numbers[pid] = tables[packet.pid]
                if kind in SAMPLE_ENCRYPTED:
                    found.encrypted.add(pid)
    found.encrypted |= {
        pid
        for pid, scrambled in counts.items()
        if pid in found.numbers and sum(scrambled) > SCRAMBLED_SHARE * len(scrambled)
    }
    return found


def _section(payload: bytes) -> bytes:
    """Return the table in ``payload`` without its checksum."""
    if not payload:
        return b""
    section = payload[1 + payload[0] :]
    length = int.from_bytes(section[1:3]) & 0xFFF
    return section[: 3 + length - 4]


def _entries(payload: bytes, start: int) -> Iterator[bytes]:
    section = _section(payload)
    for at in range(start, len(section) - 3, 4):
        yield section[at : at + 4]


def _streams(payload: bytes) -> Iterator[tuple[int, int]]:
    """Yield PID and type of each stream of a programme."""
    section = _section(payload)
    if len(section) < 12 or section[0] != 2:
        return
    at = 12 + (int.from_bytes(section[10:12]) & 0xFFF)
    while at + 5 <= len(section):
        yield int.from_bytes(section[at + 1 : at + 3]) & 0x1FFF, section[at]
        at += 5 + (int.from_bytes(section[at + 3 : at + 5]) & 0xFFF)


def is_pause(file: FileView, gap_seconds: float, start: int, end: int) -> bool:
    """Return whether a gap between two packets of sound is real time, and not a jump of the clock.

    The gap is real if the clock runs through it, as it does with video, or if no packet is missing: then the
    writer of the file went on counting packets. If packets are missing, a short gap means that reception was
    lost, and a long gap means that two recordings were joined.

    Args:
        file: the transport stream.
        gap_seconds: the gap by the timestamps.
        start: the position of the last packet of sound before the gap, in bytes.
        end: the position of the first one after it.
    """
    counters: dict[int, int] = {}
    clocks: list[int] = []
    is_broken = is_announced = False
    start = max(0, start - AROUND_BYTES)
    for packet in packets(read_at(file, start, min(end + AROUND_BYTES - start, MOST_BYTES))):
        if packet.clock is not None:
            clocks.append(packet.clock)
        is_announced |= packet.is_discontinuous
        if packet.has_payload and packet.pid != NULL_PID:
            last = counters.get(packet.pid)
            if last is not None and packet.counter not in (last, (last + 1) % 16):
                is_broken = True
            counters[packet.pid] = packet.counter
    ticks = gap_seconds * CLOCK_RATE
    steps = [(after - before) % CLOCK_WRAP for before, after in pairwise(clocks)]
    if steps and sum(steps) > ticks / 2 > 2 * max(steps):
        return True
    if is_announced:
        return False
    return not is_broken or gap_seconds <= MOST_LOSS_SECONDS
