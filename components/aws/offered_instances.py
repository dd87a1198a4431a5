"""Which instance types a region offers, and which of those the stack runs on."""

from collections.abc import Collection, Sequence
from typing import cast

import pulumi
import pulumi_aws as aws

from components.aws.gpu_instances import FAMILIES, vcpus, why_unfit
from components.stack_config import ConfigError

KEY = "instanceTypes"


def find_offered_types() -> frozenset[str] | None:
    """Ask the region for the GPU instance types that it offers; None where it does not tell."""
    answer = aws.ec2.get_instance_types(
        filters=[{"name": "instance-type", "values": [f"{family}.*" for family in FAMILIES]}]
    )
    # A provider without an account, as in a check of the program, answers nothing.
    found = cast("Sequence[str] | None", answer.instance_types)
    if found is None:
        pulumi.log.warn(f"{KEY}: the region does not tell what it offers, so they are not checked.")
        return None
    return frozenset(each for each in found if why_unfit(each) is None)


def usable_types(
    types: Sequence[str], offered: Collection[str] | None, region: str, *, are_asked_for: bool
) -> list[str]:
    """Return those of ``types`` that the region offers.

    The region must offer all types that the configuration names, or at least one of the defaults.

    Args:
        types: instance types that the worker can run on.
        offered: the types that the region offers; None if that is not known.
        region: its name, for the sentence of an error.
        are_asked_for: whether the configuration names them.

    Raises:
        ConfigError: one that is asked for is not offered, or none of the defaults is.
    """
    if offered is None:
        return list(types)
    usable = [each for each in types if each in offered]
    if usable and (len(usable) == len(types) or not are_asked_for):
        return usable
    missing = [each for each in types if each not in offered]
    allowed = ", ".join(sorted(offered, key=lambda each: (each.partition(".")[0], vcpus(each))))
    raise ConfigError(
        KEY,
        ",".join(types) if are_asked_for else "",
        f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not offered in {region}; "
        + (f"allowed are {allowed}" if allowed else "choose another aws:region, there is no GPU for it here"),
    )
