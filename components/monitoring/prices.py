"""Prices of an hour of each instance type."""

from collections.abc import Iterable, Mapping

ON_DEMAND_USD_PER_HOUR: Mapping[str, float] = {
    "g4dn.xlarge": 0.526,
    "g4dn.2xlarge": 0.752,
    "g4dn.4xlarge": 1.204,
    "g4dn.8xlarge": 2.176,
    "g5.xlarge": 1.006,
    "g5.2xlarge": 1.212,
    "g5.4xlarge": 1.624,
    "g5.8xlarge": 2.448,
    "g6.xlarge": 0.8048,
    "g6.2xlarge": 0.9776,
    "g6.4xlarge": 1.3232,
    "g6.8xlarge": 2.0144,
    "g6e.xlarge": 1.861,
    "g6e.2xlarge": 2.24208,
    "g6e.4xlarge": 3.00424,
    "g6e.8xlarge": 4.52856,
}
"""Linux, us-east-1, on demand: https://aws.amazon.com/ec2/pricing/on-demand/. Other regions cost more."""


def usd_per_hour(instance_types: Iterable[str], known: Mapping[str, float]) -> dict[str, float]:
    """Return the prices of ``instance_types``: the ``known`` ones, else those on demand."""
    prices = {**ON_DEMAND_USD_PER_HOUR, **known}
    return {kind: prices[kind] for kind in instance_types if kind in prices}
