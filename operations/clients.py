"""AWS clients for the commands. They try again, and they have timeouts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from operations.errors import WrongUseError

CONNECTIONS = 32
ATTEMPTS = 6
"""How often a request is sent that nobody answers, unless AWS_MAX_ATTEMPTS or the profile says otherwise."""


def client(service: str, region: str | None, profile: str | None = None) -> Any:
    """Return a client with the credentials and endpoints that boto3 finds in its usual places.

    Args:
        service: name of the service.
        region: if None, the one that boto3 finds.
        profile: of the credentials; if None, the one that boto3 finds.

    Raises:
        WrongUseError: the configured endpoint is not a valid URL.
        botocore.exceptions.BotoCoreError: no region is set, or no such profile.
    """
    try:
        settings = botocore.session.Session(profile=profile)
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={
                "mode": "standard",
                "total_max_attempts": settings.get_config_variable("max_attempts") or ATTEMPTS,
            },
            max_pool_connections=CONNECTIONS,
        )
        session = boto3.Session(botocore_session=settings, region_name=region)
        return session.client(service, config=config)  # type: ignore[call-overload]
    except ValueError as error:
        raise WrongUseError(f"{str(error).rstrip('.')}; AWS_ENDPOINT_URL takes a URL.") from None


@contextmanager
def worker_pool() -> Iterator[ThreadPoolExecutor]:
    """Give a pool of threads for requests to S3, one for each connection. Ctrl-C does not wait for them."""
    pool = ThreadPoolExecutor(CONNECTIONS)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
