"""What is read from the log of a campaign."""

import json

from tests.faults.seen import CRASH, messages_of


def test_messages_are_counted_without_what_is_special_to_one() -> None:
    written = [json.dumps({"level": "info", "message": f"transcript written: {name}"}) for name in "ab"]
    assert messages_of(written) == {"transcript written": 2}


def test_a_crash_is_counted_and_its_trace_is_not() -> None:
    trace = [
        "Fatal Python error: Segmentation fault",
        "Current thread 0x00007ffa0d2506c0 (most recent call first):",
        '  File "transcriber/audio.py", line 220 in _demux',
        "Extension modules: av._core, av.logging (total: 2)",
    ]
    assert messages_of([*trace, "[1, 2]", '{"metric": 1}']) == {CRASH: 1}
