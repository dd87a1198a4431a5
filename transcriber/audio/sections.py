"""Open the sections of a file. A section is what FFmpeg reads as one container; more of them may follow.

Some files are several files joined: chained Ogg, WAVE after WAVE, movie after movie. And FFmpeg stops at
damage in a fragmented movie, although more fragments follow.
"""

from dataclasses import dataclass
from typing import BinaryIO

import av
from av.container import InputContainer

from transcriber.audio.containers.elementary import FrameView, frames_of
from transcriber.audio.containers.encryption import is_encrypted
from transcriber.audio.containers.file_layout import CAF, Layout, begins_form, layout_of
from transcriber.audio.containers.file_view import FileView, Span, read_at
from transcriber.audio.containers.mpeg4 import (
    MPEG_4,
    end_of_cover,
    without_broken_fragments,
    without_fragments_before,
)
from transcriber.audio.containers.ogg import PAGE, OggLink
from transcriber.audio.containers.open import open_container
from transcriber.errors import UnusableInputError

HEAD_BYTES = 2**16

ENCRYPTED = "encrypted, and without its key nobody can hear it"


@dataclass
class Section:
    """An open container, and the part of the file that it is read from."""

    container: InputContainer
    view: FileView
    """The part of the file that FFmpeg reads."""
    look: FileView
    """The same part, with a position of its own."""
    declared_share: float = 1.0
    """The declared length of the sound divided by its real length, by a header that FFmpeg does not show."""
    keeps_clock: bool = False
    """Whether its timestamps continue those of the section before it."""
    sound_start: int = 0
    """Where its sound begins in the view. Earlier sound that the header knows was read before."""

    @property
    def start_seconds(self) -> float:
        """The timestamp at which the section begins."""
        start = self.container.start_time
        return 0.0 if start is None else start / av.time_base


def open_first(file: BinaryIO, uri: str) -> Section:
    """Open the first section of ``file``; messages name the file ``uri``.

    Raises:
        UnusableInputError: not audio or video, encrypted, or its headers need too much memory or time.
        TranscriberError: the file can't be read.
    """
    layout = layout_of(file)
    try:
        return _open(file, layout, uri)
    except UnusableInputError:
        # FFmpeg looks at all fragments before it opens some movies, and refuses them for one that is broken.
        spans = without_broken_fragments(FileView(file, layout.spans))
        if not spans or len(layout.spans) > 1:
            raise
        base = layout.spans[0].start
        moved = [Span(base + span.start, base + span.end, span.instead) for span in spans]
        return _open(file, Layout(moved), uri)


def open_next(section: Section, file: BinaryIO, uri: str, read_to: int) -> Section | None:
    """Open the section after ``section`` in ``file``; return None if there is none.

    Args:
        section: a section that FFmpeg has read to its end.
        file: the whole file.
        uri: the name of the file in messages.
        read_to: the end of the last packet of the section, in its view.
    """
    view = section.view
    if not view.end:
        return None
    if section.container.format.name == MPEG_4 and read_to < view.end:
        spans = [
            Span(view.in_file(span.start), view.in_file(span.end - 1) + 1, span.instead)
            for span in without_fragments_before(section.look, read_to)
        ]
        if spans:
            rest = _reopened(file, Layout(spans), uri, keeps_clock=True)
            if rest:
                rest.sound_start = end_of_cover(rest.look)
            return rest
    end = view.in_file(view.end - 1) + 1
    head = read_at(file, end, 12)
    if head.startswith((PAGE, CAF)) or begins_form(head) or head[8:] == b"WAVE" or head[4:8] == b"ftyp":
        return _reopened(file, layout_of(file, end), uri, keeps_clock=False)
    return None


def _reopened(file: BinaryIO, layout: Layout, uri: str, *, keeps_clock: bool) -> Section | None:
    try:
        section = _open(file, layout, uri)
    except UnusableInputError:
        return None
    section.keeps_clock = keeps_clock
    return section


def _open(file: BinaryIO, layout: Layout, uri: str) -> Section:
    head = read_at(file, layout.spans[0].start, HEAD_BYTES)
    view: FileView
    if head.startswith(PAGE):
        view = OggLink(file, layout.spans)
    elif form := frames_of(head):
        view = FrameView(file, layout.spans, form)
    else:
        view = FileView(file, layout.spans)
    look = FileView(file, layout.spans)
    if is_encrypted(look):
        raise UnusableInputError(f"{uri}: {ENCRYPTED}.")
    return Section(open_container(view, uri), view, look, layout.declared_share)
