"""``python -m image.sbom``: print the bill of materials of the worker's image as CycloneDX 1.6 JSON.

cyclonedx-py lists the packages of the lock file and who needs whom; the base image, the model, licences and
the libraries in wheels are added here. It needs neither Docker nor a network, and is the same each time.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cyclonedx.spdx import is_expression, is_supported_id

from image.licences import Licensed, libraries_in, packages
from image.lock import (
    HUB,
    LOCK_FILE,
    MODEL_LICENCE,
    base_image,
    locked_model,
    locked_versions,
    package_name,
    required_packages,
)

NAME = "parakeet-transcription-worker"
LICENCE = "Apache-2.0"

Json = dict[str, Any]


def bill_of_materials(model_sha256: str | None = None) -> Json:
    """Return the bill.

    Args:
        model_sha256: of the model's file, as ``model.json`` in a built image tells it.

    Raises:
        UnknownLicenceError: a licence that nobody has read.
    """
    bill = _cyclonedx("requirements", str(LOCK_FILE))
    components = {package_name(each["name"]): each for each in bill["components"]}
    for package in packages(locked_versions()):
        components[package.name] |= {
            "bom-ref": package.name,
            "licenses": _licences(package.licence),
            "components": [_library(package.name, library) for library in libraries_in(package.name)],
        }
    base, model = _base(), _model(model_sha256)
    bill["components"] = [base, model, *components.values()]
    bill["dependencies"] = [
        {"ref": NAME, "dependsOn": [base["bom-ref"], model["bom-ref"], *required_packages()]},
        *_needs(set(components)),
    ]
    bill["metadata"]["component"] = {
        "bom-ref": NAME,
        "name": NAME,
        "type": "container",
        "licenses": _licences(LICENCE),
    }
    return bill


def _cyclonedx(*arguments: str) -> Json:
    # cyclonedx-py takes half a minute to validate what it lists; the tests validate the whole bill.
    options = ["--spec-version", "1.6", "--output-reproducible", "--no-validate"]
    command = [sys.executable, "-m", "cyclonedx_py", *arguments, *options]
    bill: Json = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return bill


def _needs(names: set[str]) -> list[Json]:
    """Return what each package needs of the others, as the same packages in this environment say."""
    environment = _cyclonedx("environment", sys.executable)
    named = {each["bom-ref"]: package_name(each["name"]) for each in environment["components"]}
    return [
        {
            "ref": named[each["ref"]],
            "dependsOn": [named[other] for other in each.get("dependsOn", []) if named[other] in names],
        }
        for each in environment["dependencies"]
        if named.get(each["ref"]) in names
    ]


def _base() -> Json:
    repository, tag = base_image()
    host, _, path = repository.partition("/")
    note = "Its packages, Python among them, are those of its release on the day."
    return {
        "bom-ref": f"{repository}:{tag}",
        "name": repository,
        "version": tag,
        "type": "container",
        "purl": f"pkg:docker/{path}@{tag}?repository_url={host}",
        "properties": [{"name": "note", "value": note}],
    }


def _model(sha256: str | None) -> Json:
    name, revision = locked_model()
    checksum = "verified when the image is built; /opt/model/model.json tells it"
    archive = f"{HUB}/{name}/resolve/{revision}/{name.rpartition('/')[2]}.nemo"
    return {
        "bom-ref": f"{name}@{revision}",
        "name": name,
        "version": revision,
        "type": "machine-learning-model",
        "purl": f"pkg:huggingface/{name}@{revision}",
        "licenses": _licences(MODEL_LICENCE),
        "externalReferences": [{"type": "distribution", "url": archive}],
        **(
            {"hashes": [_sha256(sha256)]}
            if sha256
            else {"properties": [{"name": "sha256", "value": checksum}]}
        ),
    }


def _sha256(content: str) -> Json:
    return {"alg": "SHA-256", "content": content}


def _library(package: str, library: Licensed) -> Json:
    return {
        "bom-ref": f"{package}/{library.name}@{library.version}",
        "name": library.name,
        "version": library.version,
        "type": "library",
        "licenses": _licences(library.licence),
    }


def _licences(licence: str) -> list[Json]:
    if is_expression(licence) and not is_supported_id(licence):
        return [{"expression": licence}]
    return [{"license": {"id" if is_supported_id(licence) else "name": licence}}]


def main(arguments: Sequence[str]) -> int:
    """Print the bill and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m image.sbom", description=__doc__)
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="model.json of a built image, for the checksum"
    )
    options = parser.parse_args(arguments)
    described: Json = json.loads(options.model.read_text()) if options.model else {}
    if described and (described["name"], described["revision"]) != locked_model():
        parser.error(f"{options.model}: {described['name']} is not the model that is locked")
    sys.stdout.write(json.dumps(bill_of_materials(described.get("sha256")), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
