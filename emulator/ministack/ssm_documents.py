"""Documents of Systems Manager, which MiniStack does not have."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from emulator.ministack.cloudwatch_protocols import Answer, Handler

NAME = re.compile(r"[a-zA-Z0-9_\-.:/]{3,128}")
STATE = "documents"
CONTENT = ("Name", "CreatedDate", "DocumentVersion", "Status", "Content", "DocumentType", "DocumentFormat")
ABOUT = (
    *("Name", "CreatedDate", "Status", "DocumentVersion", "DefaultVersion", "LatestVersion"),
    *("DocumentType", "DocumentFormat", "SchemaVersion", "Hash", "HashType", "Description", "Owner"),
    *("PlatformTypes", "Parameters", "Tags"),
)


class DocumentError(Exception):
    """An error answer. ``code`` is its name in Systems Manager."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SsmDocuments:
    """Handles requests of Systems Manager for JSON documents. All others go to ``others``.

    Only the latest version of a document is kept, and it is the default version.
    """

    def __init__(self, others: Handler) -> None:
        self._others = others
        self._documents: dict[str, dict[str, Any]] = {}
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateDocument": self.create,
            "UpdateDocument": self.update,
            "UpdateDocumentDefaultVersion": self.set_default_version,
            "DescribeDocument": lambda given: {"Document": self.describe(given)},
            "DescribeDocumentPermission": lambda given: {"AccountIds": []} if self._find(given) else {},
            "GetDocument": self.get,
            "DeleteDocument": self.delete,
        }
        self._tag_operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "ListTagsForResource": lambda given: {"TagList": self._find(given)["Tags"]},
            "AddTagsToResource": self.tag,
            "RemoveTagsFromResource": self.untag,
        }

    def keep_with(self, service: ModuleType) -> None:
        """Save and load the documents with the state of MiniStack's ``service``."""
        get_state, load_state = service.get_state, service.load_persisted_state

        def load_with_documents(data: dict[str, Any]) -> Any:
            self._documents.update(data.get(STATE, {}) if data else {})
            return load_state(data)

        service.__dict__.update(
            get_state=lambda: {**get_state(), STATE: self._documents},
            load_persisted_state=load_with_documents,
        )

    async def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Answer:
        """Answer a request whose caller is allowed to make it."""
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        parameters = json.loads(body or b"{}")
        operation = self._operations.get(name)
        if parameters.get("ResourceType") == "Document":
            operation = self._tag_operations.get(name)
        if operation is None:
            return await self._others(method, path, headers, body, query)
        status = 200
        try:
            answer = operation(parameters)
        except DocumentError as error:
            status, answer = 400, {"__type": error.code, "message": str(error)}
        return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()

    def create(self, given: dict[str, Any]) -> dict[str, Any]:
        """CreateDocument.

        Raises:
            DocumentError: the name is taken or not valid, or the content is not JSON.
        """
        name = given["Name"]
        if not NAME.fullmatch(name):
            raise DocumentError("ValidationException", f"{name} is not the name of a document.")
        if name in self._documents:
            raise DocumentError("DocumentAlreadyExists", f"Document with name {name} already exists.")
        self._documents[name] = {
            "Name": name,
            "CreatedDate": time.time(),
            "Status": "Active",
            "DocumentType": given.get("DocumentType", "Command"),
            "DocumentFormat": "JSON",
            "HashType": "Sha256",
            "Owner": "000000000000",
            "PlatformTypes": [],
            "Tags": given.get("Tags", []),
            **_of_version(given["Content"], 1),
        }
        return {"DocumentDescription": self.describe(given)}

    def update(self, given: dict[str, Any]) -> dict[str, Any]:
        """UpdateDocument.

        Raises:
            DocumentError: there is no such document, or the content is unchanged or not JSON.
        """
        document = self._find(given)
        if document["Content"] == given["Content"]:
            raise DocumentError("DuplicateDocumentContent", "The content is that of another version.")
        document.update(_of_version(given["Content"], int(document["LatestVersion"]) + 1))
        return {"DocumentDescription": self.describe(given)}

    def set_default_version(self, given: dict[str, Any]) -> dict[str, Any]:
        """UpdateDocumentDefaultVersion. The latest version is the default one already.

        Raises:
            DocumentError: there is no such document, or the version is an older one.
        """
        document = self._find(given)
        if given["DocumentVersion"] != document["LatestVersion"]:
            raise DocumentError("InvalidDocumentVersion", "Older versions are not kept.")
        return {"Description": {"Name": document["Name"], "DefaultVersion": document["LatestVersion"]}}

    def describe(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the description in the answer of DescribeDocument.

        Raises:
            DocumentError: there is no such document.
        """
        document = self._find(given)
        return {name: document[name] for name in ABOUT}

    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        """GetDocument.

        Raises:
            DocumentError: there is no such document.
        """
        document = self._find(given)
        return {name: document[name] for name in CONTENT}

    def delete(self, given: dict[str, Any]) -> dict[str, Any]:
        """DeleteDocument.

        Raises:
            DocumentError: there is no such document.
        """
        del self._documents[self._find(given)["Name"]]
        return {}

    def tag(self, given: dict[str, Any]) -> dict[str, Any]:
        """AddTagsToResource.

        Raises:
            DocumentError: there is no such document.
        """
        document = self._find(given)
        tags = {tag["Key"]: tag["Value"] for tag in (*document["Tags"], *given["Tags"])}
        document["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {}

    def untag(self, given: dict[str, Any]) -> dict[str, Any]:
        """RemoveTagsFromResource.

        Raises:
            DocumentError: there is no such document.
        """
        document = self._find(given)
        document["Tags"] = [tag for tag in document["Tags"] if tag["Key"] not in given["TagKeys"]]
        return {}

    def _find(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given.get("Name") or given.get("ResourceId", "")
        if name not in self._documents:
            raise DocumentError("InvalidDocument", f"Document with name {name} does not exist.")
        return self._documents[name]


def _of_version(content: str, version: int) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError as error:
        raise DocumentError("InvalidDocumentContent", f"The content is not JSON: {error}") from error
    return {
        "Content": content,
        "DocumentVersion": str(version),
        "DefaultVersion": str(version),
        "LatestVersion": str(version),
        "SchemaVersion": parsed.get("schemaVersion", ""),
        "Description": parsed.get("description", ""),
        "Hash": hashlib.sha256(content.encode()).hexdigest(),
        "Parameters": [
            {"Name": name, "Type": about.get("type", "String")}
            for name, about in parsed.get("parameters", {}).items()
        ],
    }
