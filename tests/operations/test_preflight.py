"""Whatever would stop the first `pulumi up` is told before it, with the command that mends it."""

import json
import shutil
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import LocalCloud
from operations.preflight import docker
from operations.preflight.__main__ import preflight
from operations.preflight.buckets import check_buckets
from operations.preflight.configuration import PROJECT, Configuration
from operations.preflight.image import check_image, image_tag
from operations.preflight.network import INTERFACE_SERVICES, check_network, find_network
from operations.preflight.rows import Row, State
from tests.operations.commands import run_command
from tests.operations.docker_program import put_docker
from tests.operations.quota_service import Quotas, serve_quotas

REGION = "eu-central-1"
G_ON_DEMAND, G_SPOT, P_ON_DEMAND = "L-DB2E81BA", "L-3819A6DF", "L-417A185B"
CONTAINERD_STORE = {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
MAIN_TABLE = "rtb-00000001"


@pytest.fixture(scope="module")
def quota_service() -> Iterator[Quotas]:
    with serve_quotas() as quotas:
        yield quotas


@dataclass
class Surroundings:
    """An account where all is well, and a machine with Docker."""

    cloud: LocalCloud
    quotas: Quotas
    programs: Path
    region: str
    environment: dict[str, str]
    ec2: Any

    def rows(self, **config: str) -> list[Row]:
        """What is found with a configuration."""
        values = {f"{PROJECT}:{key}": value for key, value in config.items()}
        return list(preflight(Configuration({"aws:region": self.region, **values}), None))

    def network(self, **config: str) -> list[Row]:
        """What is found of the network alone."""
        settings = Configuration({f"{PROJECT}:{key}": value for key, value in config.items()}).settings()
        network = find_network(self.ec2, settings, self.region)
        if isinstance(network, Row):
            return [network]
        return list(check_network(network, settings, self.region))

    def private_subnet(self) -> tuple[str, str, str]:
        """Make a VPC with a subnet that has no way out; return its id, the subnet's and the table's."""
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zone = f"{self.region}a"
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)
        within = [{"Name": "vpc-id", "Values": [vpc]}]
        tables = self.ec2.describe_route_tables(Filters=within)["RouteTables"]
        return vpc, subnet["Subnet"]["SubnetId"], tables[0]["RouteTableId"]


def _client(cloud: LocalCloud, service: str, region: str) -> Any:
    return LocalCloud(cloud.aws_endpoint, cloud.batch_endpoint, cloud.credentials, region).client(service)


def found(rows: list[Row], state: State) -> list[Row]:
    return [row for row in rows if row.state is state]


def the_fault(rows: list[Row]) -> Row:
    (row,) = found(rows, State.WRONG)
    return row


@pytest.fixture(scope="module")
def ec2_in_region(cloud: LocalCloud) -> Any:
    return _client(cloud, "ec2", REGION)


@pytest.fixture
def surroundings(
    cloud: LocalCloud,
    ec2_in_region: Any,
    quota_service: Quotas,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Surroundings:
    quota_service.values = {G_ON_DEMAND: 64, G_SPOT: 64}
    quota_service.defaults, quota_service.is_allowed = {P_ON_DEMAND: 0}, True
    environment = {
        **cloud.client_environment(),
        "AWS_ENDPOINT_URL_SERVICE_QUOTAS": quota_service.endpoint,
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "PATH": str(tmp_path),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(docker, "NEEDED_GIB", 0)
    put_docker(tmp_path)
    ec2 = ec2_in_region
    gateway = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
    ec2.create_route(RouteTableId=MAIN_TABLE, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return Surroundings(cloud, quota_service, tmp_path, REGION, environment, ec2)


def test_an_account_and_a_machine_where_all_is_well_may_start(surroundings: Surroundings) -> None:
    rows = surroundings.rows()
    assert found(rows, State.WRONG) == found(rows, State.NOTE) == []
    assert {row.subject for row in rows} == {
        *("configuration", "Docker", "disk", "credentials", "region"),
        *("instance types", "quota", "VPC", "subnets", "image"),
    }


def test_no_key_no_profile_and_an_unknown_key_are_told(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        the_fault(list(preflight(Configuration({"aws:profile": "nobody"}), REGION))).subject == "credentials"
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    fault = the_fault(surroundings.rows())
    assert "AWS does not know the access key" in fault.text
    assert fault.command == f"aws account enable-region --region-name {REGION}"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    fault = the_fault(surroundings.rows())
    assert (fault.subject, fault.command) == ("credentials", "aws sts get-caller-identity")


@pytest.mark.parametrize(("region", "said"), [("", "none is chosen"), ("mars-north-1", "mars-north-1 is no")])
def test_a_region_that_is_none_is_told(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch, region: str, said: str
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    fault = the_fault(list(preflight(Configuration({"aws:region": region}), None)))
    assert fault.text.startswith(said)
    assert fault.command.startswith("pulumi config set aws:region ")


def test_an_endpoint_that_does_not_answer_is_told(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    rows = surroundings.rows()
    assert [row.subject for row in found(rows, State.WRONG)] == ["instance types", "VPC"]
    assert all('"http://127.0.0.1:9/"' in row.text for row in found(rows, State.WRONG))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"maxVcpus": "3"}, "parakeet-transcription:maxVcpus is '3': allowed are whole numbers from 4"),
        ({"useSpott": "true"}, "did you mean useSpot?"),
    ],
)
def test_a_wrong_setting_is_told(surroundings: Surroundings, config: dict[str, str], said: str) -> None:
    fault = the_fault(surroundings.rows(**config))
    assert fault.subject == "configuration"
    assert said in fault.text


def test_types_that_the_region_lacks_are_told_with_those_that_it_has(surroundings: Surroundings) -> None:
    fault = the_fault(surroundings.rows(instanceTypes="p5e.48xlarge,g5.xlarge", maxVcpus="192"))
    assert f"p5e.48xlarge is not offered in {REGION}; allowed are g4dn.xlarge," in fault.text
    assert fault.command.startswith("pulumi config set instanceTypes g")


def test_a_quota_that_starts_nothing_is_wrong_and_a_small_one_is_worth_a_note(
    surroundings: Surroundings,
) -> None:
    surroundings.quotas.values = {G_ON_DEMAND: 0, G_SPOT: 8}
    rows = surroundings.rows()
    assert the_fault(rows).command == (
        "aws service-quotas request-service-quota-increase --service-code ec2"
        f" --quota-code {G_ON_DEMAND} --desired-value 64 --region {REGION}"
    )
    assert "8 vCPUs, less than maxVcpus (64)" in found(rows, State.NOTE)[0].text
    rows = surroundings.rows(useSpot="true")
    assert found(rows, State.WRONG) == []
    assert len(found(rows, State.NOTE)) == 2


def test_a_default_quota_counts_where_the_account_has_none(surroundings: Surroundings) -> None:
    rows = surroundings.rows(instanceTypes="p5.4xlarge")
    assert "Running On-Demand P instances: 0 vCPUs" in the_fault(rows).text
    assert "All P5 Spot Instance Requests: not told" in found(rows, State.NOTE)[0].text


def test_a_quota_that_may_not_be_read_stops_nothing(surroundings: Surroundings) -> None:
    surroundings.quotas.is_allowed = False
    rows = surroundings.rows()
    assert found(rows, State.WRONG) == []
    assert "AccessDeniedException" in found(rows, State.NOTE)[0].text


def test_no_default_vpc_is_told(surroundings: Surroundings) -> None:
    surroundings.region = "ap-south-1"
    surroundings.ec2 = ec2 = _client(surroundings.cloud, "ec2", surroundings.region)
    (vpc,) = (each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if each["IsDefault"])
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    assert "has none in an Availability Zone" in the_fault(surroundings.network()).text
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
    ec2.delete_vpc(VpcId=vpc)
    fault = the_fault(surroundings.network())
    assert fault.command == "aws ec2 create-default-vpc --region ap-south-1"


def test_a_vpc_and_subnets_that_do_not_exist_are_told(surroundings: Surroundings) -> None:
    assert the_fault(surroundings.network(vpcId="vpc-0a")).text == f"vpc-0a is not in {REGION}"
    vpc, _, _ = surroundings.private_subnet()
    assert (
        the_fault(surroundings.network(vpcId=vpc, subnetIds="subnet-0a")).text == f"subnet-0a: not in {vpc}"
    )


def test_subnets_without_a_way_out_need_endpoints(surroundings: Surroundings) -> None:
    vpc, subnet, table = surroundings.private_subnet()
    config = {"vpcId": vpc, "subnetIds": subnet}
    to_s3, to_others = found(surroundings.network(**config), State.WRONG)
    assert to_s3.command == "pulumi config set createS3Endpoint true"
    assert (
        "no way to ecr.api, ecr.dkr, ecs, ecs-agent, ecs-telemetry, logs, monitoring, ssm" in to_others.text
    )
    assert f"--vpc-id {vpc} --vpc-endpoint-type Interface" in to_others.command

    for service in INTERFACE_SERVICES:
        surroundings.ec2.create_vpc_endpoint(
            VpcId=vpc,
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.{REGION}.{service}",
            SubnetIds=[subnet],
        )
    assert "no way to S3" in the_fault(surroundings.network(**config)).text
    assert found(surroundings.network(**config, createS3Endpoint="true"), State.WRONG) == []

    surroundings.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table]
    )
    assert found(surroundings.network(**config), State.WRONG) == []
    fault = the_fault(surroundings.network(**config, createS3Endpoint="true"))
    assert fault.command == "pulumi config set createS3Endpoint false"


def test_a_way_out_counts_only_with_an_address(surroundings: Surroundings) -> None:
    vpc, subnet, table = surroundings.private_subnet()
    ec2 = surroundings.ec2
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    fault = the_fault(surroundings.network(vpcId=vpc))
    assert f"for subnet in {subnet}; do aws ec2 modify-subnet-attribute" in fault.command
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    assert found(surroundings.network(vpcId=vpc), State.WRONG) == []


@pytest.mark.parametrize(
    ("docker_is", "said", "command"),
    [
        (
            {"failure": "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."},
            "it does not work here: Cannot connect to the Docker daemon",
            "sudo systemctl start docker",
        ),
        (
            {"failure": "permission denied while trying to connect to the Docker daemon socket"},
            "permission denied",
            "sudo usermod --append --groups docker $USER && newgrp docker",
        ),
        (
            {
                "version": "27.3.1",
                "info": {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]},
            },
            "version 27.3.1 with containerd's image store refuses the files",
            "curl --fail --location https://get.docker.com | sudo sh",
        ),
        ({"prints": "podman 5"}, "`docker version` tells no JSON", "sudo systemctl start docker"),
        ({"prints": "{}"}, "its daemon does not answer", "sudo systemctl start docker"),
    ],
)
def test_a_docker_that_can_not_build_is_told(
    surroundings: Surroundings, docker_is: dict[str, Any], said: str, command: str
) -> None:
    put_docker(surroundings.programs, **docker_is)
    fault = the_fault(list(docker.check_docker()))
    assert said in fault.text
    assert fault.command == command


@pytest.mark.parametrize("version", ["28.0.1", "29.1.0"])
def test_newer_versions_of_docker_work_with_either_store(surroundings: Surroundings, version: str) -> None:
    put_docker(surroundings.programs, version=version, info=CONTAINERD_STORE)
    assert found(list(docker.check_docker()), State.WRONG) == []


def test_no_docker_is_told_unless_there_is_an_image(surroundings: Surroundings) -> None:
    (surroundings.programs / "docker").unlink()
    assert "there is no docker command" in the_fault(surroundings.rows()).text
    rows = surroundings.rows(imageUri="registry.example.org/worker:1")
    assert found(rows, State.WRONG) == []
    assert "not in Amazon ECR" in found(rows, State.NOTE)[0].text


def test_a_full_disk_is_told(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(docker, "NEEDED_GIB", 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(2**40, 2**40 - 2**32, 2**32))
    fault = the_fault(list(docker.check_docker()))
    assert (fault.text, fault.command) == (
        "4 GiB are free in /; building needs 30",
        "docker system prune --all",
    )
    put_docker(surroundings.programs, info={"DockerRootDir": "/in/a/virtual/machine"})
    assert found(list(docker.check_docker()), State.WRONG) == []


def test_an_image_of_these_sources_is_found(surroundings: Surroundings) -> None:
    ecr = _client(surroundings.cloud, "ecr", REGION)

    def image(**config: str) -> Row:
        values = {f"{PROJECT}:{key}": value for key, value in config.items()}
        (row,) = check_image(ecr, Configuration(values).settings())
        return row

    ecr.create_repository(repositoryName="worker-1a2b3c4")
    assert "`pulumi up` builds it" in image().text
    tag = image_tag(Configuration({}).settings())
    ecr.put_image(repositoryName="worker-1a2b3c4", imageManifest=json.dumps({}), imageTag=tag)
    assert image().text.endswith(f"worker-1a2b3c4:{tag} is of these sources")
    assert "`pulumi up` builds it" in image(modelRevision="0" * 40).text

    named = f"000000000000.dkr.ecr.{REGION}.amazonaws.com/worker-1a2b3c4"
    assert image(imageUri=f"{named}:{tag}").state is State.OK
    missing = image(imageUri=f"{named}@sha256:{'0' * 64}")
    assert missing.state is State.WRONG
    assert missing.text.endswith("does not exist")


def test_buckets_that_are_named_must_be_there(surroundings: Surroundings) -> None:
    s3 = surroundings.cloud.client("s3")
    s3.create_bucket(Bucket="recordings-kept")
    settings = Configuration(
        {f"{PROJECT}:existingInputBucket": "recordings-kept", f"{PROJECT}:existingOutputBucket": "gone"}
    ).settings()
    there, gone = check_buckets(s3, settings)
    assert there.state is State.OK
    assert gone.text == "existingOutputBucket: gone does not exist"
    assert gone.command == "pulumi config rm existingOutputBucket"


def test_the_command_takes_what_pulumi_prints_and_says_whether_to_start(surroundings: Surroundings) -> None:
    printed = {
        "aws:region": {"value": REGION, "secret": False},
        f"{PROJECT}:imageUri": {"value": "registry.example.org/worker:1", "secret": False},
    }
    ended = run_command("operations.preflight", given=printed, environment=surroundings.environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"ok     region         {REGION}\n" in ended.stdout
    assert ended.stdout.endswith("`pulumi up` can start.\n")

    options = ("--config", "vpcId=vpc-0a", "--region", REGION)
    ended = run_command("operations.preflight", *options, given=printed, environment=surroundings.environment)
    assert ended.returncode == 1
    assert f"wrong  VPC            vpc-0a is not in {REGION}\n" in ended.stdout
    assert f"\n                      $ aws ec2 describe-vpcs --region {REGION}\n" in ended.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("error: no stack selected", "No configuration of a stack on standard input"),
        ('{"useSpot": "true"}', "No configuration of a stack on standard input"),
        (f'{{"{PROJECT}:alarmEmail": {{"secret": true}}}}', "alarmEmail is a secret; add --show-secrets"),
    ],
)
def test_other_input_is_refused(surroundings: Surroundings, text: str, said: str) -> None:
    ended = run_command("operations.preflight", given=text, environment=surroundings.environment)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
