"""Configuration: what `pulumi config set` stores is accepted, what is wrong is refused with a sentence."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.settings import PipelineSettings, described_fields
from tests.components.graph import FUNCTIONS, PROJECT, ROOT, Graph, run, run_program


def load(config: dict[str, str]) -> PipelineSettings:
    loaded: list[PipelineSettings] = []
    run(lambda: loaded.append(PipelineSettings.load(pulumi.Config(PROJECT))), config)
    return loaded[0]


def test_the_defaults_are_those_of_the_design() -> None:
    settings = load({})
    options = settings.options
    assert (settings.use_spot, settings.enable_streaming, options.mode) == (False, False, "auto")
    assert settings.on_demand_instance_types == ("g6.xlarge", "g5.xlarge")
    assert settings.spot_instance_types == ("g6.xlarge", "g6.2xlarge", "g5.xlarge")
    assert (options.chunk_seconds, options.left_context_seconds, options.right_context_seconds) == (
        20,
        5,
        3,
    )
    assert (settings.input_prefix, settings.output_prefix) == ("", "transcripts/")
    assert options.formats == ("json", "srt", "vtt", "txt")
    assert settings.model_name == "nvidia/parakeet-tdt-0.6b-v3"
    assert (settings.retry_attempts, settings.job_timeout_minutes, settings.max_vcpus) == (3, 60, 64)
    assert settings.image_uri is settings.vpc_id is None
    assert (settings.alarm_emails, settings.notify_finished, settings.enable_alarms) == ((), False, False)


@pytest.mark.parametrize(
    "text", ["g6.xlarge,g5.2xlarge", " g6.xlarge , g5.2xlarge ", '["g6.xlarge", "g5.2xlarge"]']
)
def test_a_list_is_comma_separated_text_or_json(text: str) -> None:
    settings = load({"instanceTypes": text})
    assert settings.on_demand_instance_types == settings.spot_instance_types == ("g6.xlarge", "g5.2xlarge")


@pytest.mark.parametrize(
    ("key", "twice", "once"),
    [
        ("instanceTypes", "g6.xlarge,g5.xlarge,g6.xlarge", ("g6.xlarge", "g5.xlarge")),
        (
            "alarmEmail",
            '["a@example.org", "b@example.org", "a@example.org"]',
            ("a@example.org", "b@example.org"),
        ),
        ("outputFormats", "vtt,vtt", ("json", "vtt")),
    ],
)
def test_what_a_list_has_twice_counts_once_with_a_warning(
    key: str, twice: str, once: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    settings = load({key: twice})
    found = {
        "instanceTypes": settings.instance_types,
        "alarmEmail": settings.alarm_emails,
        "outputFormats": settings.options.formats,
    }
    assert found[key] == once
    (warning,) = caplog.messages
    assert warning.startswith(f"{PROJECT}:{key} has ")
    assert warning.endswith(" more than once, which counts once.")


def test_an_address_that_is_given_twice_gets_one_subscription() -> None:
    graph = run_program({"alarmEmail": "team@example.org,team@example.org"})
    assert graph.one("TopicSubscription")["endpoint"] == "team@example.org"


def test_the_default_instance_types_fit_a_small_quota() -> None:
    assert load({"maxVcpus": "4"}).spot_instance_types == ("g6.xlarge", "g5.xlarge")


def test_the_json_transcript_is_always_written() -> None:
    assert load({"outputFormats": "vtt"}).options.formats == ("json", "vtt")


def test_prices_are_by_instance_type() -> None:
    prices = load({"instancePrices": "g6.xlarge=0.374, g5.xlarge=1"}).instance_prices
    assert prices == (("g6.xlarge", 0.374), ("g5.xlarge", 1.0))


def test_alarms_follow_the_addresses_unless_chosen() -> None:
    assert load({"alarmEmail": "team@example.org"}).enable_alarms
    assert load({"enableAlarms": "true"}).enable_alarms
    assert not load({"alarmEmail": "team@example.org", "enableAlarms": "false"}).enable_alarms


def test_suffixes_are_beside_the_known_ones_or_instead_of_them() -> None:
    assert load({"mediaSuffixes": ".DAT, .wav"}).media_suffixes == (".dat", ".wav")
    assert {".dat", ".wav"} < set(load({"mediaSuffixes": "+.DAT"}).media_suffixes)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("useSpot", "maybe", "true and false"),
        ("enableStreaming", "1", "true and false"),
        ("chunkSeconds", "20.01", "multiples of 0.08 s"),
        ("chunkSeconds", "abc", "seconds from 1 to 600"),
        ("leftContextSeconds", "-1", "seconds from 0 to 300"),
        ("rightContextSeconds", "nan", "seconds from 0 to 300"),
        ("minConfidence", "1.5", "numbers from 0 to 1"),
        ("minConfidence", "high", "numbers from 0 to 1"),
        ("csvForExcel", "yes", "true and false"),
        ("channels", "both", "mix and split"),
        ("channelNames", "a" * 33, "names of at most 32 letters"),
        ("instanceTypes", "g6", "instance types such as g6.xlarge"),
        ("instanceTypes", "[g6.xlarge", "a JSON array"),
        ("maxVcpus", "3", "whole numbers from 4 to 10000"),
        ("maxVcpus", "8.5", "whole numbers"),
        ("vpcId", "default", "a VPC id"),
        ("subnetIds", "subnet-1", "only together with vpcId"),
        ("inputPrefix", "/calls", "a prefix such as calls/"),
        ("inputPrefix", "calls", "a prefix such as calls/"),
        ("outputPrefix", "a\nb/", "a prefix such as calls/"),
        ("outputPrefix", "", "not empty, without * ? $ and outside failures/"),
        ("outputPrefix", "failures/", "outside failures/"),
        ("outputPrefix", "failures/calls/", "outside failures/"),
        ("outputPrefix", "a*/", "without * ? $"),
        ("outputFormats", "json,docx", "json, srt, vtt, txt, csv, transcribe-json"),
        ("modelName", "parakeet", "OWNER/NAME"),
        ("modelRevision", "main", "40 hex digits"),
        ("modelSha256", "3cbdc85", "64 hex digits"),
        ("imageUri", "an image", "HOST/NAME:TAG"),
        ("retryAttempts", "11", "whole numbers from 1 to 10"),
        ("jobTimeoutMinutes", "0", "whole numbers from 1"),
        ("diskSizeGib", "8", "whole numbers from 50"),
        ("metricsIntervalSeconds", "fast", "whole numbers from 1"),
        ("logRetentionDays", "31", "30, 60"),
        ("alarmEmail", "a@example.org,nobody", "team@example.org"),
        ("enableAlarms", "some", "true and false"),
        ("instancePrices", "g6.xlarge", "USD an hour such as g6.xlarge=0.374"),
        ("instancePrices", "g6.xlarge=-1", "USD an hour"),
        ("notifyFinished", "all", "true and false"),
        ("forceDestroy", "yes", "true and false"),
        ("instanceTypes", "m5.large", "m5.large can't be used, it has no GPU"),
        ("instanceTypes", "g6.xlarge,g5g.xlarge", "its processor is ARM"),
        ("instanceTypes", "p3.2xlarge", "too old for CUDA 13; allowed are the families g4dn, g5"),
        ("instanceTypes", "g6.xlarg", "there is no size xlarg; allowed are the families g4dn, g5"),
        ("instanceTypes", "g6.medium", "there is no size medium"),
        ("instanceTypes", "g6.metal", "a machine of its own without a hypervisor"),
        ("instanceTypes", "g4dn.metal", "a machine of its own without a hypervisor"),
        (
            "instanceTypes",
            "g6.xlarge,p5.48xlarge",
            "p5.48xlarge has 192 vCPUs; allowed are types with at most maxVcpus (64) vCPUs",
        ),
        ("instancePrices", "g6.xlarge=1,g6.xlarge=2", "one price for each instance type"),
        ("alarmEmail", "Team <team@example.org>", "team@example.org"),
        ("alarmEmail", "team@example.org;ops@example.org", "team@example.org"),
        ("alarmEmail", "team@example..org", "team@example.org"),
        ("alarmEmail", "mailto:team@example.org", "team@example.org"),
        ("alarmEmail", ".team@example.org", "team@example.org"),
        ("inputPrefix", " calls/", "without space around the names of folders"),
        ("inputPrefix", "team /calls/", "without space around the names of folders"),
        ("outputPrefix", "texts /", "without space around the names of folders"),
        ("kmsKeyArn", "alias/mine", "the ARN of a key"),
        ("enableVersioning", "on", "true and false"),
        ("inputArchiveDays", "-1", "whole numbers from 1"),
        ("inputExpirationDays", "soon", "whole numbers from 1"),
        ("transcriptExpirationDays", "1.5", "whole numbers from 1"),
        ("mediaSuffixes", "mp3", "suffixes of letters, digits"),
        ("mediaSuffixes", ".wav,+.dat", "all with + (beside the known ones)"),
        ("budgetUsd", "12.5", "whole numbers from 1"),
        ("budgetUsd", "50", "only together with 1 to 10 addresses in alarmEmail"),
    ],
)
def test_a_wrong_value_names_the_key_the_value_and_what_is_allowed(
    key: str, value: str, allowed: str
) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        load({key: value})
    sentence = str(refused.value)
    assert f"{PROJECT}:{key} is '{value}'" in sentence
    assert allowed in sentence


def test_recordings_are_not_archived_for_less_than_the_archive_charges_for() -> None:
    with pytest.raises(
        pulumi.RunError, match=r"inputArchiveDays is '30': allowed are 90 days and more before"
    ):
        load({"inputArchiveDays": "30", "inputExpirationDays": "60"})
    settings = load({"inputArchiveDays": "30", "inputExpirationDays": "120"})
    assert (settings.input_archive_days, settings.input_expiration_days) == (30, 120)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("useSpott", "did you mean useSpot?"),
        ("usespot", "did you mean useSpot?"),
        ("zzz", "docs/configuration.md"),
    ],
)
def test_a_key_that_nothing_reads_is_refused_with_the_nearest_one(key: str, hint: str) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        load({key: "true"})
    assert f"{PROJECT}:{key} is no configuration key of this project" in str(refused.value)
    assert hint in str(refused.value)


def test_a_subnet_of_another_network_is_refused_before_any_resource() -> None:
    graph = Graph()
    with pytest.raises(pulumi.RunError, match="subnet-0c is not in vpc-0a1b; allowed are subnet-a, subnet-b"):
        run_program({"vpcId": "vpc-0a1b", "subnetIds": "subnet-0a,subnet-0c"}, graph)
    assert graph.resources == []


def test_a_network_without_subnets_is_refused_before_any_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "aws:ec2/getSubnets:getSubnets", {"ids": []})
    graph = Graph()
    with pytest.raises(
        pulumi.RunError, match="vpcId is 'vpc-0a1b': it has no subnets in Availability Zones of this region"
    ):
        run_program({"vpcId": "vpc-0a1b"}, graph)
    assert graph.resources == []


def test_a_wrong_value_stops_the_program_before_any_resource() -> None:
    graph = Graph()
    with pytest.raises(pulumi.RunError):
        run_program({"useSpot": "maybe"}, graph)
    assert graph.resources == []


def schema() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"])


def test_every_declared_key_has_a_default_that_the_program_accepts_and_shares() -> None:
    declared = {
        key: str(entry["default"]).lower() if isinstance(entry["default"], bool) else str(entry["default"])
        for key, entry in schema().items()
    }
    assert load(declared) == load({})


def test_every_key_that_is_read_is_declared_with_a_description() -> None:
    assert schema().keys() == described_fields().keys()
    assert all(entry["description"] for entry in schema().values())


@pytest.mark.parametrize("stack", ["dev", "local", "prod.example"])
def test_the_committed_stacks_use_declared_keys_and_load(stack: str) -> None:
    config = yaml.safe_load(Path(ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    own = {
        key.removeprefix(f"{PROJECT}:"): str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in config.items()
        if key.startswith(f"{PROJECT}:")
    }
    assert own.keys() <= schema().keys()
    load(own)
