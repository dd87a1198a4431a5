"""What the worker may do, and what ECS may do for it. Pure functions."""

from collections.abc import Sequence
from typing import Any

from components.aws.policies import Document, allow, document, use_key_through_s3
from transcriber.outcomes import FAILURES_FOLDER, MANIFESTS_FOLDER


def job_role_policy(
    input_bucket_arns: Sequence[str],
    output_bucket_arn: str,
    output_prefix: str,
    kms_key_arn: str | None = None,
    s3_endpoint_vpc_id: str | None = None,
    takes_lists: bool = False,
) -> Document:
    """Return the rights of the worker: read recordings, write results and look for existing results.

    With ``takes_lists`` it reads manifests too. It may delete failure reports only: a transcript removes the
    failure report of an older upload.

    With the right to list, S3 answers 404 instead of 403 for an object that does not exist. The role can use
    a customer's key through S3 only. With ``s3_endpoint_vpc_id``, the role is useless outside that VPC.
    Without a gateway endpoint, S3 sees only a public address, and IAM cannot tell whose it is.
    """
    transcripts, failures = (f"{output_bucket_arn}/{each}*" for each in (output_prefix, FAILURES_FOLDER))
    inside: dict[str, Any] = (
        {"Condition": {"StringEquals": {"aws:SourceVpc": s3_endpoint_vpc_id}}} if s3_endpoint_vpc_id else {}
    )
    statements = [
        allow(["s3:GetObject"], [f"{arn}/*" for arn in input_bucket_arns], Sid="ReadRecordings", **inside),
        allow(["s3:GetObject", "s3:PutObject"], [transcripts, failures], Sid="WriteResults", **inside),
        allow(["s3:DeleteObject"], [failures], Sid="RemoveReasonsOfOlderUploads", **inside),
        allow(
            ["s3:ListBucket"],
            [*input_bucket_arns, output_bucket_arn],
            Sid="TellMissingFromForbidden",
            **inside,
        ),
    ]
    if takes_lists:
        manifests = f"{output_bucket_arn}/{MANIFESTS_FOLDER}*"
        statements.append(allow(["s3:GetObject"], [manifests], Sid="ReadManifests", **inside))
    if kms_key_arn is not None:
        statements.append(use_key_through_s3(kms_key_arn))
    return document(*statements)


def execution_role_policy(log_group_arn: str, repository_arn: str | None) -> Document:
    """Return the rights of ECS for a job: write its log and pull its image from its repository."""
    log = allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"], Sid="WriteLog")
    if repository_arn is None:
        return document(log)
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return document(
        log,
        allow(pull, [repository_arn], Sid="PullImage"),
        # A token is for all repositories, so the action does not support resources.
        allow(["ecr:GetAuthorizationToken"], ["*"], Sid="SignInToRegistry"),
    )
