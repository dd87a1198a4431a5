"""IAM documents as plain dicts: who may assume a role, and what the role may do."""

import json
from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]
Statement = dict[str, Any]


def document(*statements: Statement) -> Document:
    """Return a policy document of ``statements``."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Sequence[str], resources: Sequence[str], **rest: Any) -> Statement:
    """Return a statement that allows ``actions`` on ``resources``; ``rest`` are its other elements.

    A single resource is written as text, the form that IAM itself gives back.
    """
    resource = resources[0] if len(resources) == 1 else list(resources)
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **rest}


def trust(service: str) -> Document:
    """Return the document by which ``service``, its full name, may assume a role."""
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}})


def trust_for(service: str, source_arn: str) -> Document:
    """Return the document by which ``service`` may assume a role on behalf of ``source_arn`` only.

    Without this condition, other accounts could use the role through the service (the confused deputy
    problem). The ARN contains the account; it may be a pattern.
    """
    statement = trust(service)["Statement"][0]
    account_id = source_arn.split(":")[4]
    statement["Condition"] = {
        "StringEquals": {"aws:SourceAccount": account_id},
        "ArnLike": {"aws:SourceArn": source_arn},
    }
    return document(statement)


def deny_plain_http(bucket_arn: str) -> Statement:
    """Return the bucket policy statement that refuses requests without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def deny_customer_keys(bucket_arn: str) -> Statement:
    """Return the bucket policy statement that refuses uploads under a key of the uploader (SSE-C)."""
    algorithm = "s3:x-amz-server-side-encryption-customer-algorithm"
    return {
        "Sid": "NoCustomerKeys",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/*",
        "Condition": {"Null": {algorithm: "false"}},
    }


def use_key_through_s3(kms_key_arn: str) -> Statement:
    """Return a statement that allows use of a customer's key for S3 objects, and for nothing else."""
    through_s3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}
    return allow(["kms:Decrypt", "kms:GenerateDataKey"], [kms_key_arn], Sid="UseKey", Condition=through_s3)


def to_json(policy: Document) -> str:
    """Return ``policy`` as the text that AWS takes."""
    return json.dumps(policy)
