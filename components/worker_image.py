"""The container image of the worker: built from `image/` and pushed, or one that exists already."""

import re
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from components.aws.policies import to_json
from components.build_context import DOCKERFILE, content_tag

KEPT_IMAGES = 5
"""Older images are deleted, so a rollback to them is not possible."""

PLATFORM = "linux/amd64"
CONTEXT = "."
"""The build context, relative to the program. `.dockerignore` decides what Docker sends of it."""


@dataclass(frozen=True)
class WorkerImageArgs:
    """The image of the jobs."""

    image_uri: str | None
    """An existing image. If it is set, nothing is built."""

    program: Path
    """The folder of the Pulumi program."""

    model_name: str
    model_revision: str
    model_sha256: str | None
    """The hash that the model's file must have. If there is none, the hub states it."""

    partition: str


class WorkerImage(pulumi.ComponentResource):
    """The worker's image by digest, so that a new image makes a new revision of the job definition.

    With ``image_uri`` it creates nothing. The repository is deleted with the stack, together with its images.
    They can be built again.
    """

    uri: pulumi.Output[str]
    repository_arn: pulumi.Output[str] | None
    """The ECR repository of the image. None if the image comes from another registry."""

    def __init__(self, name: str, args: WorkerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("parakeet:components:WorkerImage", name, None, opts)
        self.repository_arn = None
        if args.image_uri:
            self.uri = pulumi.Output.from_input(args.image_uri)
            if arn := ecr_repository_arn(args.image_uri, args.partition):
                self.repository_arn = pulumi.Output.from_input(arn)
        else:
            repository = self._repository(name)
            self.uri = self._build(name, args, repository)
            self.repository_arn = repository.arn
        self.register_outputs({"uri": self.uri})

    def _repository(self, name: str) -> aws.ecr.Repository:
        child = pulumi.ResourceOptions(parent=self)
        repository = aws.ecr.Repository(
            name,
            # Jobs use the image by its digest, so tags may change: an interrupted `up` pushes its tag again.
            image_tag_mutability="MUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            force_delete=True,
            opts=child,
        )
        aws.ecr.LifecyclePolicy(
            name, repository=repository.id, policy=to_json(keep_newest(KEPT_IMAGES)), opts=child
        )
        return repository

    def _build(self, name: str, args: WorkerImageArgs, repository: aws.ecr.Repository) -> pulumi.Output[str]:
        build_arguments = {"MODEL_NAME": args.model_name, "MODEL_REVISION": args.model_revision}
        if args.model_sha256:
            build_arguments["MODEL_SHA256"] = args.model_sha256
        token = aws.ecr.get_authorization_token_output(
            registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        tag = content_tag(args.program / CONTEXT, build_arguments)
        image = docker.Image(
            name,
            image_name=pulumi.Output.format("{0}:{1}", repository.repository_url, tag),
            build=docker.DockerBuildArgs(
                # Relative, so that the stack is the same from every checkout.
                context=CONTEXT,
                dockerfile=DOCKERFILE,
                platform=PLATFORM,
                args=build_arguments,
            ),
            registry=docker.RegistryArgs(
                server=repository.repository_url, username=token.user_name, password=token.password
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return image.repo_digest


def ecr_repository_arn(image_uri: str, partition: str) -> str | None:
    """Return the ARN of the private ECR repository of ``image_uri``, or None if the image is elsewhere."""
    found = re.fullmatch(
        r"(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?:[:@].+)?", image_uri
    )
    return f"arn:{partition}:ecr:{found[2]}:{found[1]}:repository/{found[3]}" if found else None


def keep_newest(count: int) -> dict[str, object]:
    """Return the ECR lifecycle policy that expires all but the newest ``count`` images."""
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count}
    return {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
