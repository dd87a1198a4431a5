"""An upload becomes a job: the EventBridge rule, its Batch target, the queue for undelivered events."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.dead_letters import DeadLetters
from components.policies import Document, allow, document, trust_for
from components.roles import role_with_policy

MEDIA_SUFFIXES = (
    *(".mp3", ".m4a", ".aac", ".wav", ".flac", ".ogg", ".oga", ".opus", ".wma", ".amr", ".aiff", ".aif"),
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg", ".mpeg", ".3gp"),
)
EVENT_PATTERN_LIMIT = 2048
"""Characters of a rule's pattern, as PutRule takes it without a raised quota."""

WILDCARDS_PER_RULE = 5
"""EventBridge refuses more as "too complex", emulators do not. AWS names no number; reports agree on a score
of 10 by MachineComplexityEvaluator of aws/event-ruler: 2 for each wildcard that begins like the others."""

EVENT_AGE_SECONDS = 24 * 3600
EVENT_RETRIES = 185
"""EventBridge's most: what Batch refuses for a day is no passing fault."""

JOB_NAME = "transcribe"
INPUT_PATHS = {
    "bucket": "$.detail.bucket.name",
    "key": "$.detail.object.key",
    "etag": "$.detail.object.etag",
}
"""The job's parameters, and where an event has them."""


@dataclass(frozen=True)
class UploadTriggerArgs:
    """Which uploads start which job."""

    input_bucket: pulumi.Input[str]
    input_prefix: str
    rule_arns: str
    """A pattern of the ARNs of the account's rules."""

    job_queue_arn: pulumi.Input[str]
    job_definition_arn: pulumi.Input[str]
    """With its revision: jobs change with the stack, and a rollback is one too."""

    job_definition_arn_prefix: pulumi.Input[str]
    """Without its revision."""


class UploadTrigger(pulumi.ComponentResource):
    """Rules on Object Created events of media files, their Batch targets, role and dead-letter queue.

    Without a prefix that is one rule; with one, as many as the suffixes need: no upload matches two of them.
    """

    rules: list[aws.cloudwatch.EventRule]
    dead_letters: aws.sqs.Queue
    upload_command: pulumi.Output[str]

    def __init__(
        self, name: str, args: UploadTriggerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("parakeet:components:UploadTrigger", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        letters = DeadLetters(f"{name}-dead-letters", opts=child)
        self.dead_letters = letters.queue
        policy = pulumi.Output.all(args.job_queue_arn, args.job_definition_arn_prefix).apply(
            lambda arns: submit_policy(*arns)
        )
        role = role_with_policy(name, trust_for("events.amazonaws.com", args.rule_arns), policy, child)
        self.rules = []
        for number, key_patterns in enumerate(key_pattern_groups(args.input_prefix), start=1):
            rule_name = name if number == 1 else f"{name}-{number}"
            rule = aws.cloudwatch.EventRule(
                rule_name,
                description="A recording was uploaded",
                event_pattern=pulumi.Output.all(args.input_bucket, key_patterns).apply(
                    lambda parts: _text(event_pattern(*parts))
                ),
                opts=child,
            )
            self._target(rule_name, args, rule, role)
            self.rules.append(rule)
        letters.accept_from(self.rules)
        self.upload_command = pulumi.Output.from_input(args.input_bucket).apply(
            lambda bucket: upload_command(bucket, args.input_prefix)
        )
        self.register_outputs(
            {"deadLetterQueueUrl": self.dead_letters.url, "uploadCommand": self.upload_command}
        )

    def _target(
        self, name: str, args: UploadTriggerArgs, rule: aws.cloudwatch.EventRule, role: aws.iam.Role
    ) -> None:
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.id,
            arn=args.job_queue_arn,
            role_arn=role.arn,
            batch_target={"job_definition": args.job_definition_arn, "job_name": JOB_NAME},
            input_transformer={
                "input_paths": INPUT_PATHS,
                # Unquoted: EventBridge then writes JSON values, and any key stays one.
                "input_template": '{"Parameters": {"bucket": <bucket>, "key": <key>, "etag": <etag>}}',
            },
            retry_policy={
                "maximum_event_age_in_seconds": EVENT_AGE_SECONDS,
                "maximum_retry_attempts": EVENT_RETRIES,
            },
            dead_letter_config={"arn": self.dead_letters.arn},
            opts=pulumi.ResourceOptions(parent=self),
        )


def event_pattern(bucket: str, key_patterns: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the pattern of a rule on new objects of ``bucket`` whose key matches any of ``key_patterns``."""
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": list(key_patterns)}},
    }


def key_pattern_groups(prefix: str) -> list[list[dict[str, Any]]]:
    """Return the patterns of media keys under ``prefix``, grouped so that each group fits into one rule.

    Patterns of one field are alternatives, so "prefix and suffix" has to be one wildcard. That knows no case:
    under a prefix, suffixes are taken as `.mp3`, `.MP3` and `.Mp3`.
    """
    if not prefix:
        return [[{"suffix": {"equals-ignore-case": suffix}} for suffix in MEDIA_SUFFIXES]]
    literal = prefix.replace("\\", "\\\\").replace("*", "\\*")
    groups: list[list[dict[str, Any]]] = [[]]
    for spelling in (spelling for suffix in MEDIA_SUFFIXES for spelling in _spellings(suffix)):
        pattern = {"wildcard": f"{literal}*{spelling}"}
        if not _fits_one_rule([*groups[-1], pattern]):
            groups.append([])
        groups[-1].append(pattern)
    return groups


def is_listened_for(key: str, prefix: str) -> bool:
    """Tell whether an upload by this key is one that the rules of ``prefix`` react to."""
    if not prefix:
        return key.lower().endswith(MEDIA_SUFFIXES)
    suffixes = tuple(spelling for suffix in MEDIA_SUFFIXES for spelling in _spellings(suffix))
    return key.startswith(prefix) and key.endswith(suffixes)


def _spellings(suffix: str) -> list[str]:
    return list(dict.fromkeys((suffix, suffix.upper(), f".{suffix[1:].capitalize()}")))


def _fits_one_rule(wildcards: list[dict[str, Any]]) -> bool:
    longest_bucket_name = "b" * 63
    characters = len(_text(event_pattern(longest_bucket_name, wildcards)))
    return len(wildcards) <= WILDCARDS_PER_RULE and characters <= EVENT_PATTERN_LIMIT


def _text(pattern: dict[str, Any]) -> str:
    return json.dumps(pattern, ensure_ascii=False)


def upload_command(bucket: str, prefix: str) -> str:
    """Return the line for a shell that uploads a recording to where it is listened for."""
    return f"aws s3 cp RECORDING {shlex.quote(f's3://{bucket}/{prefix}')}"


def submit_policy(job_queue_arn: str, job_definition_arn_prefix: str) -> Document:
    """Return what EventBridge may do: submit this job, in any revision, to this queue."""
    resources = [job_queue_arn, job_definition_arn_prefix, f"{job_definition_arn_prefix}:*"]
    return document(allow(["batch:SubmitJob"], resources, Sid="SubmitTranscription"))
