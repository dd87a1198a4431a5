"""Find the outputs that pulumi-aws declares for a resource type."""

import importlib
import keyword
from functools import cache

# The SDK has no public function for the outputs of a resource by their provider names.
from pulumi import _types


@cache
def output_names(resource_type: str) -> frozenset[str]:
    """Return the provider names of all outputs of ``resource_type`` (``aws:s3/bucket:Bucket``)."""
    package, module, name = resource_type.split(":")
    service = module.split("/")[0]
    if keyword.iskeyword(service):
        service += "_"
    resource_class = getattr(importlib.import_module(f"pulumi_{package}.{service}"), name)
    return frozenset(_types.resource_types(resource_class))
