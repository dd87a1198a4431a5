"""``python -m supply_chain.sbom``: print the bill of materials of the worker's image as CycloneDX.

It is made of what the image is built from: it needs neither Docker nor a network, and is the same each time.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from supply_chain.bundled import BundledLibrary, libraries_in
from supply_chain.licences import NVIDIA, licence_of
from supply_chain.lock import DIRECT, LockedImage, LockedPackage, read_lock

NAME = "parakeet-transcription-worker"
LICENCE = "Apache-2.0"
MODEL_LICENCE = "CC-BY-4.0"
INDEX = "https://pypi.org/simple"
HUB = "https://huggingface.co"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The bill is of what is locked, whenever it is made."""


def bill_of_materials(image: LockedImage, model_sha256: str | None = None) -> str:
    """Return the bill as CycloneDX 1.6 JSON.

    Args:
        image: what is locked.
        model_sha256: of the model's file, as ``model.json`` in a built image tells it.
    """
    worker = Component(
        name=NAME, type=ComponentType.CONTAINER, bom_ref=NAME, licenses=[DisjunctiveLicense(id=LICENCE)]
    )
    base, model = _base(image.base), _model(image, model_sha256)
    packages = {package.name: _package(package) for package in image.packages}
    needs: dict[str, list[Component]] = {name: [] for name in packages}
    direct = [base, model]
    for package in image.packages:
        for asker in package.asked_by:
            (direct if asker == DIRECT else needs[asker]).append(packages[package.name])
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, hashlib.sha256(repr((image, model_sha256)).encode()).hexdigest()),
        metadata=BomMetaData(component=worker, timestamp=EPOCH),
        components=[base, model, *packages.values()],
        dependencies=[
            _depends(worker, direct),
            *(_depends(packages[name], needed) for name, needed in needs.items()),
        ],
    )
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _depends(component: Component, needed: Iterable[Component]) -> Dependency:
    return Dependency(component.bom_ref, [Dependency(each.bom_ref) for each in needed])


def _base(name: str) -> Component:
    repository, _, tag = name.rpartition(":")
    return Component(
        name=repository,
        version=tag,
        type=ComponentType.CONTAINER,
        bom_ref=name,
        purl=PackageURL(
            "docker",
            repository.split("/")[1],
            repository.rsplit("/", 1)[-1],
            tag,
            qualifiers={"repository_url": repository.split("/", 1)[0]},
        ),
        properties=[
            Property(
                name="note", value="Its packages, Python among them, are those of its release on the day."
            )
        ],
    )


def _model(image: LockedImage, sha256: str | None) -> Component:
    owner, _, name = image.model_name.partition("/")
    checksum = "verified when the image is built; /opt/model/model.json tells it"
    return Component(
        name=image.model_name,
        version=image.model_revision,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"{image.model_name}@{image.model_revision}",
        purl=PackageURL("huggingface", owner, name, image.model_revision),
        licenses=[DisjunctiveLicense(id=MODEL_LICENCE)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else [],
        properties=[] if sha256 else [Property(name="sha256", value=checksum)],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(f"{HUB}/{image.model_name}/resolve/{image.model_revision}/{name}.nemo"),
            )
        ],
    )


def _package(package: LockedPackage) -> Component:
    reference = f"{package.name}@{package.version}"
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=reference,
        purl=PackageURL("pypi", name=package.name, version=package.version),
        licenses=[_licence(licence_of(package.name))],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(f"{INDEX}/{package.name}/"),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in package.sha256],
            )
        ],
        components=[_bundled(reference, library) for library in libraries_in(package.name)],
    )


def _bundled(package_reference: str, library: BundledLibrary) -> Component:
    return Component(
        name=library.name,
        version=library.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{package_reference}/{library.name}@{library.version}",
        licenses=[_licence(library.licence)],
    )


def _licence(expression: str) -> License:
    # CycloneDX knows no expression of a licence that SPDX does not list.
    return DisjunctiveLicense(name=NVIDIA) if expression == NVIDIA else LicenseExpression(expression)


def main(arguments: Sequence[str]) -> int:
    """Print the bill and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m supply_chain.sbom", description=__doc__)
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="model.json of a built image, for the checksum"
    )
    options = parser.parse_args(arguments)
    image = read_lock()
    described: dict[str, Any] = json.loads(options.model.read_text()) if options.model else {}
    if described and (described["name"], described["revision"]) != (image.model_name, image.model_revision):
        parser.error(f"{options.model}: {described['name']} is not the model that is locked")
    sys.stdout.write(bill_of_materials(image, described.get("sha256")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
