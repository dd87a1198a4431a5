"""Whether the region offers the instance types, and whether the account has a quota for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from components.aws.gpu_instances import FAMILIES, vcpus, why_unfit
from components.aws.offered_instances import usable_types
from components.settings import PipelineSettings
from components.stack_config import ConfigError
from operations.preflight.rows import Row, note, ok, wrong

TYPES = "instance types"
QUOTA = "quota"
SERVICE = "ec2"


@dataclass(frozen=True)
class Quota:
    """A quota: how many vCPUs of some families may run at once."""

    code: str
    name: str


ON_DEMAND_QUOTAS = {
    "g": Quota("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "p": Quota("L-417A185B", "Running On-Demand P instances"),
}
SPOT_QUOTAS = {
    "g": Quota("L-3819A6DF", "All G and VT Spot Instance Requests"),
    "p4": Quota("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests"),
    "p5": Quota("L-C4BD4855", "All P5 Spot Instance Requests"),
}
"""The beginnings of the names of its families."""


def find_offered(ec2: Any) -> frozenset[str]:
    """Return the instance types that the region offers and the worker can run on."""
    filters = [{"Name": "instance-type", "Values": [f"{family}.*" for family in FAMILIES]}]
    pages = ec2.get_paginator("describe_instance_types").paginate(Filters=filters)
    found = (each["InstanceType"] for page in pages for each in page["InstanceTypes"])
    return frozenset(each for each in found if why_unfit(each) is None)


def check_types(offered: frozenset[str], settings: PipelineSettings, region: str) -> Iterator[Row]:
    """Check whether the region offers the instance types of the stack, by the rule of the program."""
    asked_for = bool(settings.instance_types)
    try:
        for types in (settings.on_demand_instance_types, settings.spot_instance_types):
            usable_types(types, offered, region, are_asked_for=asked_for)
    except ConfigError as error:
        instead = sorted((each for each in offered if vcpus(each) <= settings.max_vcpus), key=vcpus)
        key, value = ("instanceTypes", ",".join(instead[:2])) if instead else ("aws:region", "us-east-1")
        yield wrong(TYPES, str(error), f"pulumi config set {key} {value}")
        return
    usable = [each for each in _types(settings, is_spot=settings.use_spot) if each in offered]
    yield ok(TYPES, f"{region} has {', '.join(usable)}")


def check_quotas(
    quotas: Any, offered: frozenset[str], settings: PipelineSettings, region: str
) -> Iterator[Row]:
    """Compare the account's vCPU quotas with the sizes of the types and with `maxVcpus`."""
    for is_spot in (settings.use_spot, not settings.use_spot):
        types = [each for each in _types(settings, is_spot=is_spot) if each in offered]
        found = [
            (quota, _value(quotas, quota), min(map(vcpus, members)))
            for quota, members in _by_quota(types, is_spot=is_spot)
        ]
        is_used = is_spot == settings.use_spot
        starts = any(value is None or value >= smallest for _, value, smallest in found)
        for quota, value, smallest in found:
            yield _row(quota, value, smallest, settings.max_vcpus, region, needed=is_used and not starts)


def _row(
    quota: Quota, value: float | None, smallest: int, max_vcpus: int, region: str, *, needed: bool
) -> Row:
    command = (
        f"aws service-quotas request-service-quota-increase --service-code {SERVICE}"
        f" --quota-code {quota.code} --desired-value {max_vcpus} --region {region}"
    )
    if value is None:
        return note(QUOTA, f"{quota.name}: not told in {region}")
    told = f"{quota.name}: {value:g} vCPUs"
    if value < smallest:
        return (wrong if needed else note)(QUOTA, f"{told}, no instance starts; {smallest} at least", command)
    if value < max_vcpus:
        return note(QUOTA, f"{told}, less than maxVcpus ({max_vcpus}); jobs wait for their turn", command)
    return ok(QUOTA, told)


def _types(settings: PipelineSettings, *, is_spot: bool) -> Sequence[str]:
    return settings.spot_instance_types if is_spot else settings.on_demand_instance_types


def _by_quota(types: Sequence[str], *, is_spot: bool) -> Iterator[tuple[Quota, list[str]]]:
    for beginning, quota in (SPOT_QUOTAS if is_spot else ON_DEMAND_QUOTAS).items():
        if members := [each for each in types if each.startswith(beginning)]:
            yield quota, members


def _value(quotas: Any, quota: Quota) -> float | None:
    """Return the account's quota, otherwise AWS's default, or None if the region has no such quota."""
    for ask in (quotas.get_service_quota, quotas.get_aws_default_service_quota):
        try:
            return float(ask(ServiceCode=SERVICE, QuotaCode=quota.code)["Quota"]["Value"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchResourceException":
                raise
    return None
