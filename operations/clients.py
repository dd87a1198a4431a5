"""Clients of AWS for operators' commands: they try again, and never wait for ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from operations.errors import WrongUseError

CONNECTIONS = 32
CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 6},
    max_pool_connections=CONNECTIONS,
)


def client(service: str, region: str | None, profile: str | None = None) -> Any:
    """Return a client with the credentials and endpoints that boto3 finds in its usual places.

    Args:
        service: its name.
        region: where; what boto3 finds if None.
        profile: of the credentials; what boto3 finds if None.

    Raises:
        WrongUseError: the endpoint that is set is none.
        botocore.exceptions.BotoCoreError: no region is set, or no such profile.
    """
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        return session.client(service, config=CONFIG)  # type: ignore[call-overload]
    except ValueError as error:
        raise WrongUseError(f"{str(error).rstrip('.')}; AWS_ENDPOINT_URL takes a URL.") from None


@contextmanager
def worker_pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads to ask S3 with, as many as there are connections; Ctrl-C does not wait for them."""
    pool = ThreadPoolExecutor(CONNECTIONS)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
