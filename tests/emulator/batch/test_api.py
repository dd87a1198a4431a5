"""The HTTP side of the Batch API: what is not a correct request."""

import http.client
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.access.signing import signed_headers
from emulator.aws import Emulator
from emulator.batch.errors import ClientError as RefusedError
from emulator.batch.requests import RequestReader
from emulator.batch.service import BatchService
from emulator.errors import StartError
from tests.emulator.batch_account import BatchAccount


def request(service: BatchService, method: str, path: str, body: bytes) -> tuple[int, str, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    headers = signed_headers(method, service.endpoint + path, body, service.cloud.credentials)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    answer = json.load(response)
    connection.close()
    return response.status, response.headers["x-amzn-ErrorType"], answer


def test_an_operation_that_is_not_offered_is_named(batch: BatchAccount) -> None:
    with pytest.raises(ClientError, match=r"UnknownOperationException.*CreateSchedulingPolicy") as failure:
        batch.client.create_scheduling_policy(name="policy")
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_path_that_batch_does_not_have_is_not_found(service: BatchService) -> None:
    status, code, answer = request(service, "POST", "/v1/makejob", b"{}")
    assert (status, code) == (404, "UnknownOperationException")
    assert "POST /v1/makejob" in answer["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "body is not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"jobName": "a"}', "Missing required parameter"),
        (b'{"jobName": "a", "jobQueue": 1, "jobDefinition": "d"}', "Invalid type for parameter jobQueue"),
        (b'{"jobName": "a", "jobQueue": "q", "jobDefinition": "d", "colour": 1}', '"colour"'),
    ],
)
def test_a_wrong_request_is_a_client_error(service: BatchService, body: bytes, message: str) -> None:
    status, code, answer = request(service, "POST", "/v1/submitjob", body)
    assert (status, code) == (400, "ClientException")
    assert message in answer["message"]


def test_values_outside_an_enum_are_refused_wherever_they_are() -> None:
    body = {
        "jobDefinitionName": "d",
        "type": "container",
        "retryStrategy": {"evaluateOnExit": [{"action": "exit"}, {"action": "stop"}]},
    }
    with pytest.raises(RefusedError, match=r"retryStrategy.evaluateOnExit\[1\].action 'stop' is not one of"):
        RequestReader().read("POST", "/v1/registerjobdefinition", json.dumps(body).encode())


def test_nobody_gets_credentials_that_were_not_granted(service: BatchService) -> None:
    status, _, _ = request(service, "GET", "/v2/credentials/guessed", b"")
    assert status == 404


def test_a_taken_port_is_told_in_one_sentence(service: BatchService, emulator: Emulator) -> None:
    with pytest.raises(StartError, match=rf"^Port {service.port} is taken: .*\.$"):
        BatchService(emulator.endpoint, emulator.credentials, {}, port=service.port).start()
