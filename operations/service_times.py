"""How long the parts of a job take. Estimates and the simulation of large loads use these figures."""

JOB_START_SECONDS = 4.0
"""From the start of the process to the first call of the encoder, as `benchmarks` measures it, rounded up."""

CONTAINER_START_SECONDS = 1.0
"""What Batch and ECS add on an instance that has the image already. This is an assumption."""

FILE_SECONDS = 0.15
"""What a recording in a list adds to its recognition: S3, decoding and writing, overlapped."""

RECOGNITION_SECONDS_PER_MINUTE = 0.24
"""On g6.xlarge, for a minute of audio, as a public deployment of this model reports it."""

INSTANCE_START_SECONDS = 240.0
"""From a job that waits to a running container on a new instance, with the pull of the image. Published
figures for images of this size are 3 to 6 minutes."""

SPOT_PRICE_SHARE = 0.465
"""The price of Spot capacity, as a share of the price on demand: $0.374 of $0.805 for g6.xlarge."""

SUBMITTED_PER_SECOND = 50
"""What Batch accepts of an account and region. AWS does not raise it."""


def job_seconds(files: float, audio_minutes: float) -> float:
    """Return how long one job takes for ``files`` recordings of ``audio_minutes`` in all."""
    start = CONTAINER_START_SECONDS + JOB_START_SECONDS
    return start + files * FILE_SECONDS + audio_minutes * RECOGNITION_SECONDS_PER_MINUTE
