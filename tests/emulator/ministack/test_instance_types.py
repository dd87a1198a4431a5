"""Instance types of the emulated region, as boto3 sees them."""

import pytest

from emulator.cloud import LocalCloud


@pytest.mark.parametrize(
    ("patterns", "some", "others"),
    [
        (["g6.*", "p5.*"], {"g6.xlarge", "g6.48xlarge", "p5.48xlarge"}, {"g5.xlarge", "t2.micro"}),
        (["g5.xlarge"], {"g5.xlarge"}, {"g5.2xlarge"}),
        (["x9.*"], set(), {"t2.micro"}),
    ],
)
def test_a_filter_chooses_types_by_name(
    cloud: LocalCloud, patterns: list[str], some: set[str], others: set[str]
) -> None:
    answer = cloud.client("ec2").describe_instance_types(
        Filters=[{"Name": "instance-type", "Values": patterns}]
    )
    names = {each["InstanceType"] for each in answer["InstanceTypes"]}
    assert some <= names
    assert not others & names
