"""Lambda functions, and the schedules that call them."""

import io
import zipfile
from pathlib import Path
from typing import Any

from emulator.deployment.creation import Created, Creation, Handler
from emulator.deployment.errors import UnsupportedError

NAME_LIMIT = 64
DEFAULT_GROUP = "default"


def create_function(new: Creation) -> Created:
    """``aws.lambda_.Function``, with code from the program's own texts and files."""
    functions, name = new.client("lambda"), new.physical_name(limit=NAME_LIMIT)
    logging = new.inputs.block("loggingConfig").pascal("logFormat", "logGroup")
    given: dict[str, str] = new.inputs.block("environment").get("variables", {})
    answer = functions.create_function(
        FunctionName=name,
        Code={"ZipFile": zipped(new.inputs.get("code"))},
        # Functions find Batch where the jobs are. They find all else by themselves.
        Environment={"Variables": {**given, "AWS_ENDPOINT_URL_BATCH": new.account.batch_endpoint}},
        Tags=new.tags(),
        **({"LoggingConfig": logging} if logging else {}),
        **new.inputs.pascal("runtime", "handler", "role", "timeout", "memorySize", "description"),
    )
    new.on_delete(functions.delete_function, FunctionName=name)
    return Created(name, {"name": name, "arn": answer["FunctionArn"], "tagsAll": new.tags()})


def create_schedule(new: Creation) -> Created:
    """``aws.scheduler.Schedule``."""
    scheduler, name = new.client("scheduler"), new.physical_name(limit=NAME_LIMIT)
    block = new.inputs.block("target")
    target = block.pascal("arn", "roleArn", "input")
    if "retryPolicy" in block:
        target["RetryPolicy"] = block.block("retryPolicy").pascal(
            "maximumRetryAttempts", "maximumEventAgeInSeconds"
        )
    arn = scheduler.create_schedule(
        Name=name,
        FlexibleTimeWindow=new.inputs.block("flexibleTimeWindow").pascal("mode"),
        Target=target,
        **new.inputs.pascal("scheduleExpression", "description", "state"),
    )["ScheduleArn"]
    new.on_delete(scheduler.delete_schedule, Name=name)
    return Created(f"{DEFAULT_GROUP}/{name}", {"name": name, "arn": arn, "groupName": DEFAULT_GROUP})


def zipped(archive: Any) -> bytes:
    """Return a ZIP file of a Pulumi archive that consists of texts and files.

    Raises:
        UnsupportedError: the archive has other parts.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zip_file:
        for name, asset in archive.get("assets", {}).items():
            if "text" in asset:
                zip_file.writestr(name, asset["text"])
            elif "path" in asset and Path(asset["path"]).is_file():
                zip_file.write(Path(asset["path"]), name)
            else:
                raise UnsupportedError(f"code: {name} is neither a text nor a file")
    return file.getvalue()


HANDLERS: dict[str, Handler] = {
    "aws:lambda/function:Function": create_function,
    "aws:scheduler/schedule:Schedule": create_schedule,
}
