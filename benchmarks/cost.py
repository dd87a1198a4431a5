"""What an hour of audio costs on a g6.xlarge: published speeds, and a job's start as it was measured here."""

USD_PER_HOUR = {"on demand": 0.805, "Spot": 0.374}
"""g6.xlarge, Linux, us-east-1, as of 2025."""

RECOGNITION_SECONDS_PER_MINUTE = 0.24
"""Of a 205-minute file on g6.xlarge, as a public deployment of this model reports it."""

PUBLISHED_JOB_SECONDS = 0.49 * 205
"""All of that deployment's job."""

PUBLISHED_START_SECONDS = 30.0
"""Imports and loading in NeMo's own way, as public reports have it; decoding is the rest of that job."""

START_SECONDS = 4.0
"""From a process's start to the first call of the encoder, as ``cold start`` measures it, rounded up."""

RECORDINGS = {"1 min": 1, "10 min": 10, "1 h": 60, "3.4 h": 205}


def job_seconds(minutes: float) -> float:
    """Return what a job takes, in which decoding runs beside recognition and is the shorter of the two."""
    return START_SECONDS + RECOGNITION_SECONDS_PER_MINUTE * minutes


def published_seconds(minutes: float) -> float:
    """Return the same one after the other, by the published figures."""
    decoding = PUBLISHED_JOB_SECONDS - PUBLISHED_START_SECONDS - RECOGNITION_SECONDS_PER_MINUTE * 205
    return PUBLISHED_START_SECONDS + (RECOGNITION_SECONDS_PER_MINUTE + decoding / 205) * minutes


def text() -> str:
    """Return the projection, which says what of it is measured."""
    lines = [
        "Projected for a g6.xlarge, not measured: recognition at the published 0.24 s a minute of audio,",
        f"and a start of {START_SECONDS:g} s, about what a CPU took here. Instances start apart from it.",
        f"{'recording':<12}{'job s':>8}{'before':>8}{'ratio':>7}   USD an hour of audio, on demand and Spot",
    ]
    for label, minutes in RECORDINGS.items():
        seconds, before = job_seconds(minutes), published_seconds(minutes)
        usd = "  ".join(f"{price * seconds / minutes / 60:.4f}" for price in USD_PER_HOUR.values())
        lines.append(f"{label:<12}{seconds:8.0f}{before:8.0f}{seconds / before:7.2f}   {usd}")
    return "\n".join(lines)
