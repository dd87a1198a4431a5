"""KMS keys."""

from emulator.deployment.creation import Created, Creation, Handler

SHORTEST_DELETION_DAYS = 7


def create_key(new: Creation) -> Created:
    """``aws.kms.Key``."""
    kms = new.client("kms")
    key = kms.create_key(
        Policy=new.policy(),
        Tags=[{"TagKey": name, "TagValue": value} for name, value in new.tags().items()],
        **new.inputs.pascal("description", "keyUsage", "multiRegion"),
    )["KeyMetadata"]
    new.on_delete(
        kms.schedule_key_deletion,
        KeyId=key["KeyId"],
        PendingWindowInDays=new.inputs.get("deletionWindowInDays", SHORTEST_DELETION_DAYS),
    )
    if new.inputs.get("enableKeyRotation", False):
        kms.enable_key_rotation(KeyId=key["KeyId"])
    return Created(key["KeyId"], {"keyId": key["KeyId"], "arn": key["Arn"], "tagsAll": new.tags()})


HANDLERS: dict[str, Handler] = {"aws:kms/key:Key": create_key}
