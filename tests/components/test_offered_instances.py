"""Instance types and subnets: what the region has decides before anything is created."""

import pulumi
import pytest

from components.aws.offered_instances import usable_types
from tests.components.graph import FUNCTIONS, Graph, run_program

INSTANCE_TYPES = "aws:ec2/getInstanceTypes:getInstanceTypes"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
SUBNETS = "aws:ec2/getSubnets:getSubnets"


def instance_types(graph: Graph, environment: str) -> list[str]:
    types = graph.one("ComputeEnvironment", environment)["computeResources"]["instanceTypes"]
    return [str(each) for each in types]


def test_one_look_up_tells_what_the_region_offers_of_all_families() -> None:
    ((asked,),) = (run_program().asked[INSTANCE_TYPES],)
    ((name, patterns),) = ((each["name"], each["values"]) for each in asked["filters"])
    assert name == "instance-type"
    assert {"g4dn.*", "g6.*", "p5.*"} <= set(patterns)


def test_a_type_that_is_not_offered_is_refused_with_those_that_are_before_any_resource() -> None:
    graph = Graph()
    sentence = (
        r"instanceTypes is 'g6.xlarge,g6.3xlarge': g6.3xlarge is not offered in eu-central-1;"
        r" allowed are g4dn.xlarge, g5.xlarge, g5.2xlarge, g5.12xlarge, g6.xlarge, g6.2xlarge, p5.48xlarge\.$"
    )
    with pytest.raises(pulumi.RunError, match=sentence):
        run_program({"instanceTypes": "g6.xlarge,g6.3xlarge"}, graph)
    assert graph.resources == []


def test_of_the_default_types_those_are_taken_that_the_region_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, INSTANCE_TYPES, {"instanceTypes": ["g5.xlarge", "g4dn.xlarge"]})
    graph = run_program()
    assert instance_types(graph, "gpu-on-demand") == instance_types(graph, "gpu-spot") == ["g5.xlarge"]


@pytest.mark.parametrize(
    ("offered", "hint"),
    [
        (["g4dn.xlarge"], "are not offered in eu-central-1; allowed are g4dn.xlarge"),
        ([], "are not offered in eu-central-1; choose another aws:region"),
    ],
)
def test_a_region_without_the_default_types_is_refused(
    offered: list[str], hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FUNCTIONS, INSTANCE_TYPES, {"instanceTypes": offered})
    graph = Graph()
    with pytest.raises(pulumi.RunError, match=f"instanceTypes is '': g6.xlarge, g5.xlarge {hint}"):
        run_program({}, graph)
    assert graph.resources == []


def test_where_the_region_does_not_tell_types_are_taken_as_they_are_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(FUNCTIONS, INSTANCE_TYPES, {})
    graph = run_program({"instanceTypes": "g6.3xlarge"})
    assert instance_types(graph, "gpu-on-demand") == ["g6.3xlarge"]
    assert [message for message in caplog.messages if "they are not checked" in message]


def test_types_keep_their_order() -> None:
    offered = {"g6.xlarge", "g5.xlarge", "g4dn.xlarge"}
    asked = ["g5.xlarge", "g4dn.xlarge"]
    assert usable_types(asked, offered, "eu-west-1", are_asked_for=True) == asked


def test_subnets_are_those_in_availability_zones_unless_given() -> None:
    graph = run_program()
    assert graph.asked[ZONES] == [{"filters": [{"name": "zone-type", "values": ["availability-zone"]}]}]
    ((asked,),) = (graph.asked[SUBNETS],)
    assert {each["name"]: each["values"] for each in asked["filters"]} == {
        "vpc-id": ["vpc-default"],
        "availability-zone": ["eu-central-1a", "eu-central-1b"],
    }


def test_a_subnet_in_a_local_zone_can_be_chosen() -> None:
    graph = run_program({"vpcId": "vpc-0a1b", "subnetIds": "subnet-0a"})
    ((asked,),) = (graph.asked[SUBNETS],)
    assert [each["name"] for each in asked["filters"]] == ["vpc-id"]
