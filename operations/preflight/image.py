"""Whether the worker's image exists already or has to be built."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from components.build_context import content_tag
from components.settings import PipelineSettings
from components.worker_image import CONTEXT, ecr_repository_arn
from operations.preflight.rows import Row, note, ok, wrong

IMAGE = "image"
PROGRAM = Path(__file__).resolve().parents[2]
REPOSITORY_PREFIX = "worker-"
"""The name that Pulumi gives the repository."""

MISSING = {"ImageNotFoundException", "RepositoryNotFoundException"}
REFERENCE = re.compile(r"[^/]+/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?")


def check_image(ecr: Any, settings: PipelineSettings) -> Iterator[Row]:
    """Check whether `pulumi up` builds an image, or whether the configured image exists."""
    if settings.image_uri:
        yield _check_named(ecr, settings.image_uri)
        return
    tag = image_tag(settings)
    pages = ecr.get_paginator("describe_repositories").paginate()
    for repository in (each for page in pages for each in page["repositories"]):
        name = repository["repositoryName"]
        if name.startswith(REPOSITORY_PREFIX) and _exists(ecr, name, {"imageTag": tag}):
            yield ok(IMAGE, f"{repository['repositoryUri']}:{tag} is of these sources")
            return
    yield ok(
        IMAGE,
        f"none of these sources yet ({tag}): `pulumi up` builds it, a quarter of an hour the first time",
    )


def image_tag(settings: PipelineSettings) -> str:
    """Return the tag of the image that `pulumi up` would build."""
    arguments = {"MODEL_NAME": settings.model_name, "MODEL_REVISION": settings.model_revision}
    if settings.model_sha256:
        arguments["MODEL_SHA256"] = settings.model_sha256
    return content_tag(PROGRAM / CONTEXT, arguments)


def _check_named(ecr: Any, uri: str) -> Row:
    found = REFERENCE.fullmatch(uri)
    if found is None or ecr_repository_arn(uri, "aws") is None:
        return note(IMAGE, f"{uri}: not in Amazon ECR, so not looked at")
    wanted = {"imageDigest": found["digest"]} if found["digest"] else {"imageTag": found["tag"] or "latest"}
    repository, registry_id = found["repository"], uri.split(".", 1)[0]
    if _exists(ecr, repository, wanted, registryId=registry_id):
        return ok(IMAGE, f"{uri} exists")
    return wrong(
        IMAGE,
        f"{uri} does not exist",
        f"aws ecr describe-images --repository-name {repository} --registry-id {registry_id}",
    )


def _exists(ecr: Any, repository: str, image: dict[str, str], **registry: str) -> bool:
    try:
        answer = ecr.describe_images(repositoryName=repository, imageIds=[image], **registry)
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        return False
    return bool(answer["imageDetails"])
