"""``python -m operations.preflight``: check whether the first `pulumi up` would work.

It reads the stack's configuration as `pulumi config --json` prints it; without any, it uses the defaults. It
changes nothing. The exit code is 1 if `pulumi up` would fail, or if no job could start after it. It needs
ec2:Describe*, servicequotas:GetServiceQuota, servicequotas:GetAWSDefaultServiceQuota,
ecr:DescribeRepositories, ecr:DescribeImages, and s3:ListBucket on buckets that the configuration names.
"""

import argparse
from collections.abc import Iterator, Sequence

import pulumi

from components.settings import PipelineSettings
from operations.preflight.account import Place, check_account, find_place, looked_at
from operations.preflight.buckets import BUCKETS, check_buckets
from operations.preflight.configuration import Configuration
from operations.preflight.docker import check_docker
from operations.preflight.image import IMAGE, check_image
from operations.preflight.instances import QUOTA, TYPES, check_quotas, check_types, find_offered
from operations.preflight.network import VPC, check_network, find_network
from operations.preflight.rows import Row, State, lines, ok, wrong
from operations.program import start
from operations.stack import standard_input

CONFIGURATION = "configuration"


def preflight(configuration: Configuration, region: str | None) -> Iterator[Row]:
    """Yield a row for each thing that `pulumi up` needs.

    Args:
        configuration: the stack's.
        region: replaces the region of the stack or the shell.
    """
    try:
        settings = configuration.settings()
    except pulumi.RunError as error:
        yield wrong(CONFIGURATION, str(error), "pulumi config")
        return
    own = "as given" if configuration.values else "none is given, so the defaults"
    yield ok(CONFIGURATION, own)
    if not settings.image_uri:
        yield from check_docker()
    place = find_place(region or configuration.region, configuration.profile)
    if isinstance(place, Row):
        yield place
        return
    account = check_account(place)
    yield from account
    if all(row.state is State.OK for row in account):
        yield from _check_region(place, settings)


def _check_region(place: Place, settings: PipelineSettings) -> Iterator[Row]:
    ec2, region = place.client("ec2"), place.region

    def instances() -> Iterator[Row]:
        offered = find_offered(ec2)
        yield from check_types(offered, settings, region)
        quotas = place.client("service-quotas")
        yield from looked_at(QUOTA, lambda: check_quotas(quotas, offered, settings, region), needed=False)

    def network() -> Iterator[Row]:
        found = find_network(ec2, settings, region)
        if isinstance(found, Row):
            yield found
        else:
            yield from check_network(found, settings, region)

    yield from looked_at(TYPES, instances, needed=True)
    yield from looked_at(VPC, network, needed=True)
    yield from looked_at(BUCKETS, lambda: check_buckets(place.client("s3"), settings), needed=True)
    yield from looked_at(IMAGE, lambda: check_image(place.client("ecr"), settings), needed=False)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m operations.preflight",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting, over the stack's",
    )
    parser.add_argument("--region", help="where the stack goes, instead of aws:region and the shell's")
    options = parser.parse_args(arguments)
    configuration = Configuration.read(standard_input(), options.config)
    states = set()
    for row in preflight(configuration, options.region):
        states.add(row.state)
        for line in lines([row]):
            print(line, flush=True)
    if State.WRONG in states:
        print("\nMend what is wrong, with the commands after $, and run this again.")
        return 1
    print("\n`pulumi up` can start.")
    return 0


if __name__ == "__main__":
    start(main)
