"""Documents of Systems Manager, as boto3 sees them."""

import json
from pathlib import Path

import pytest

from emulator.aws import Emulator
from emulator.cloud import LocalCloud
from tests.emulator.batch_account import unique


def content(description: str) -> str:
    return json.dumps(
        {
            "schemaVersion": "0.3",
            "description": description,
            "parameters": {"jobId": {"type": "String"}},
            "mainSteps": [],
        }
    )


def test_a_document_is_read_changed_tagged_and_deleted(cloud: LocalCloud) -> None:
    ssm, name = cloud.client("ssm"), unique("document")
    tags = [{"Key": "Part", "Value": "failures"}]
    ssm.create_document(Name=name, Content=content("first"), DocumentType="Automation", Tags=tags)
    described = ssm.describe_document(Name=name)["Document"]
    assert (described["Status"], described["DocumentVersion"], described["Description"]) == (
        *("Active", "1", "first"),
    )
    assert described["Parameters"] == [{"Name": "jobId", "Type": "String"}]
    ssm.update_document(Name=name, Content=content("second"), DocumentVersion="$LATEST")
    ssm.update_document_default_version(Name=name, DocumentVersion="2")
    read = ssm.get_document(Name=name)
    assert (read["DocumentVersion"], json.loads(read["Content"])["description"]) == ("2", "second")
    about = {"ResourceType": "Document", "ResourceId": name}
    ssm.add_tags_to_resource(**about, Tags=[{"Key": "Owner", "Value": "us"}])
    ssm.remove_tags_from_resource(**about, TagKeys=["Part"])
    assert ssm.list_tags_for_resource(**about)["TagList"] == [{"Key": "Owner", "Value": "us"}]
    ssm.delete_document(Name=name)
    with pytest.raises(ssm.exceptions.InvalidDocument):
        ssm.get_document(Name=name)


def test_what_systems_manager_refuses_is_refused(cloud: LocalCloud) -> None:
    ssm, name = cloud.client("ssm"), unique("document")
    ssm.create_document(Name=name, Content=content("first"))
    with pytest.raises(ssm.exceptions.DocumentAlreadyExists):
        ssm.create_document(Name=name, Content=content("first"))
    with pytest.raises(ssm.exceptions.DuplicateDocumentContent):
        ssm.update_document(Name=name, Content=content("first"))
    with pytest.raises(ssm.exceptions.InvalidDocumentContent):
        ssm.create_document(Name=unique("document"), Content="not JSON")
    for missing in (ssm.get_document, ssm.describe_document, ssm.delete_document):
        with pytest.raises(ssm.exceptions.InvalidDocument):
            missing(Name="missing")


def test_parameters_and_their_tags_are_still_kept(cloud: LocalCloud) -> None:
    ssm, name = cloud.client("ssm"), unique("parameter")
    ssm.put_parameter(Name=name, Value="1", Type="String", Tags=[{"Key": "Part", "Value": "agent"}])
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "1"
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    assert tags == [{"Key": "Part", "Value": "agent"}]


def test_documents_outlast_a_restart_where_state_is_kept(tmp_path: Path) -> None:
    with Emulator(tmp_path / "ministack.log", state_folder=tmp_path / "state") as emulator:
        ssm = LocalCloud(emulator.endpoint, emulator.endpoint, emulator.credentials).client("ssm")
        ssm.create_document(Name="kept", Content=content("kept"))
        ssm.put_parameter(Name="kept", Value="1", Type="String")
        emulator.stop()
        emulator.start()
        assert json.loads(ssm.get_document(Name="kept")["Content"])["description"] == "kept"
        assert ssm.get_parameter(Name="kept")["Parameter"]["Value"] == "1"
