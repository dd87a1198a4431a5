"""EC2 launch templates."""

from typing import Any

from emulator.deployment.creation import Created, Creation
from emulator.deployment.properties import Properties


def create_launch_template(new: Creation) -> Created:
    """``aws.ec2.LaunchTemplate``."""
    ec2, name = new.client("ec2"), new.physical_name(limit=128)
    # A new template has only one version, which is the default one.
    new.inputs.get("updateDefaultVersion")
    tags = new.tag_list()
    template = ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData=_data(new.inputs),
        **new.inputs.pascal(description="VersionDescription"),
        **({"TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags}]} if tags else {}),
    )["LaunchTemplate"]
    template_id = template["LaunchTemplateId"]
    new.on_delete(ec2.delete_launch_template, LaunchTemplateId=template_id)
    return Created(
        template_id,
        {
            "name": name,
            "arn": new.account.arn("ec2", f"launch-template/{template_id}"),
            "latestVersion": template["LatestVersionNumber"],
            "defaultVersion": template["DefaultVersionNumber"],
            "tagsAll": new.tags(),
        },
    )


def _data(inputs: Properties) -> dict[str, Any]:
    data = inputs.pascal(
        "imageId", "instanceType", "keyName", "userData", vpcSecurityGroupIds="SecurityGroupIds"
    )
    if "ebsOptimized" in inputs:
        data["EbsOptimized"] = _flag(inputs.get("ebsOptimized"))
    if "blockDeviceMappings" in inputs:
        data["BlockDeviceMappings"] = [_device(device) for device in inputs.blocks("blockDeviceMappings")]
    if "metadataOptions" in inputs:
        data["MetadataOptions"] = inputs.block("metadataOptions").pascal(
            "httpEndpoint", "httpTokens", "httpPutResponseHopLimit", "instanceMetadataTags"
        )
    if "monitoring" in inputs:
        data["Monitoring"] = inputs.block("monitoring").pascal("enabled")
    if "iamInstanceProfile" in inputs:
        data["IamInstanceProfile"] = inputs.block("iamInstanceProfile").pascal("arn", "name")
    if "tagSpecifications" in inputs:
        data["TagSpecifications"] = [
            {
                **block.pascal("resourceType"),
                "Tags": [{"Key": key, "Value": value} for key, value in block.get("tags", {}).items()],
            }
            for block in inputs.blocks("tagSpecifications")
        ]
    return data


def _device(device: Properties) -> dict[str, Any]:
    block = device.block("ebs")
    ebs = block.pascal("iops", "kmsKeyId", "snapshotId", "throughput", "volumeSize", "volumeType")
    for name, target in (("encrypted", "Encrypted"), ("deleteOnTermination", "DeleteOnTermination")):
        if name in block:
            ebs[target] = _flag(block.get(name))
    return {**device.pascal("deviceName"), "Ebs": ebs}


def _flag(value: str | bool) -> bool:
    """Return a property as bool. The provider declares it as text."""
    return str(value).lower() == "true"
