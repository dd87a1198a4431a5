"""DescribeInstanceTypes with a filter by name. MiniStack ignores this filter."""

from fnmatch import fnmatchcase
from typing import Any

from ministack.services import ec2

ACTION = "DescribeInstanceTypes"
SIZES = {
    "g4dn": (1, 2, 4, 8, 12, 16),
    "g5": (1, 2, 4, 8, 12, 16, 24, 48),
    "g6": (1, 2, 4, 8, 12, 16, 24, 48),
    "g6e": (1, 2, 4, 8, 12, 16, 24, 48),
    "gr6": (4, 8),
    "p4d": (24,),
    "p5": (4, 48),
}
"""The GPU instance families of the emulated region, and their sizes as multiples of xlarge."""

GPU_TYPES = tuple(
    f"{family}.{'' if size == 1 else size}xlarge" for family, sizes in SIZES.items() for size in sizes
)


def let_filters_choose_instance_types() -> None:
    """Make MiniStack know GPU instances and apply the filter ``instance-type``."""
    describe = ec2._ACTION_MAP[ACTION]

    def describe_chosen(parameters: dict[str, Any]) -> Any:
        patterns = ec2._parse_filters(parameters).get("instance-type")
        if patterns is None:
            return describe(parameters)
        chosen = [each for each in GPU_TYPES if any(fnmatchcase(each, pattern) for pattern in patterns)]
        if not chosen:
            return ec2._xml(200, f"{ACTION}Response", "<instanceTypeSet/>")
        names = {f"InstanceType.{number}": [name] for number, name in enumerate(chosen, start=1)}
        return describe({**parameters, **names})

    ec2._ACTION_MAP[ACTION] = describe_chosen
