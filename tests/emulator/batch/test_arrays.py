"""Array jobs and dependencies between jobs."""

from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from tests.emulator.batch_account import BatchAccount, python

INDEX = "import os, sys; index = int(os.environ['AWS_BATCH_JOB_ARRAY_INDEX'])"


def test_an_array_job_runs_a_child_for_each_index(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python(f"{INDEX}; print(index)"))
    parent = batch.finished(batch.submit(queue, definition, arrayProperties={"size": 3}))
    assert parent["status"] == "SUCCEEDED"
    assert parent["arrayProperties"]["size"] == 3
    summary = parent["arrayProperties"]["statusSummary"]
    assert (summary["SUCCEEDED"], summary["FAILED"], summary["RUNNING"]) == (3, 0, 0)
    assert "logStreamName" not in parent["container"]
    children = [batch.job(f"{parent['jobId']}:{index}") for index in range(3)]
    assert [child["arrayProperties"]["index"] for child in children] == [0, 1, 2]
    assert [batch.log(child) for child in children] == [["0"], ["1"], ["2"]]


def test_an_array_job_fails_when_a_child_does_and_lists_its_children(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python(f"{INDEX}; sys.exit(index == 1)"))
    parent = batch.finished(batch.submit(queue, definition, arrayProperties={"size": 3}))
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert parent["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 2
    listed = batch.client.list_jobs(arrayJobId=parent["jobId"], jobStatus="FAILED")["jobSummaryList"]
    assert [job["jobId"] for job in listed] == [f"{parent['jobId']}:1"]
    queued = batch.client.list_jobs(jobQueue=queue, jobStatus="FAILED")["jobSummaryList"]
    assert [job["jobId"] for job in queued] == [parent["jobId"]]


def test_terminating_an_array_job_ends_all_its_children(batch: BatchAccount, queue: str) -> None:
    job_id = batch.submit(queue, batch.definition(["sleep", "60"]), arrayProperties={"size": 6})
    assert batch.job(job_id)["status"] == "PENDING"
    batch.client.terminate_job(jobId=job_id, reason="all of it")
    parent = batch.finished(job_id)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "all of it")
    assert parent["arrayProperties"]["statusSummary"]["FAILED"] == 6


def test_a_job_waits_for_the_jobs_it_depends_on(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    first = batch.submit(queue, batch.definition(python("import time; time.sleep(0.3)")))
    second = batch.submit(queue, definition, dependsOn=[{"jobId": first}])
    assert batch.job(second)["status"] == "PENDING"
    assert batch.job(second)["dependsOn"] == [{"jobId": first}]
    assert int(batch.finished(second)["startedAt"]) >= int(batch.job(first)["stoppedAt"])


def test_a_failed_dependency_fails_all_that_depends_on_it(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    first = batch.submit(queue, batch.definition(python("import time; time.sleep(0.3); raise SystemExit(1)")))
    second = batch.submit(queue, definition, dependsOn=[{"jobId": first}])
    third = batch.submit(queue, definition, dependsOn=[{"jobId": second}])
    for job_id in (second, third):
        job = batch.finished(job_id)
        assert (job["status"], job["statusReason"]) == ("FAILED", "Dependent Job failed")
        assert job["attempts"] == []


def test_a_job_may_depend_on_one_that_is_done(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    first = batch.finished(batch.submit(queue, definition))["jobId"]
    second = batch.finished(batch.submit(queue, definition, dependsOn=[{"jobId": first}]))
    assert second["status"] == "SUCCEEDED"


def test_the_children_of_a_sequential_array_run_one_after_the_other(batch: BatchAccount, queue: str) -> None:
    definition = batch.definition(python("pass"))
    parent = batch.submit(queue, definition, arrayProperties={"size": 3}, dependsOn=[{"type": "SEQUENTIAL"}])
    assert batch.finished(parent)["status"] == "SUCCEEDED"
    children = [batch.job(f"{parent}:{index}") for index in range(3)]
    for before, after in pairwise(children):
        assert after["startedAt"] >= before["stoppedAt"]


def test_n_to_n_pairs_the_children_of_two_arrays(batch: BatchAccount, queue: str) -> None:
    failing = batch.definition(python(f"{INDEX}; sys.exit(index == 0)"))
    first = batch.submit(queue, failing, arrayProperties={"size": 2})
    dependency = [{"jobId": first, "type": "N_TO_N"}]
    definition = batch.definition(python("pass"))
    second = batch.submit(queue, definition, arrayProperties={"size": 2}, dependsOn=dependency)
    batch.finished(second)
    statuses = [batch.job(f"{second}:{index}")["status"] for index in range(2)]
    assert statuses == ["FAILED", "SUCCEEDED"]
    with pytest.raises(ClientError, match="not an array job of the same size"):
        batch.submit(queue, definition, arrayProperties={"size": 3}, dependsOn=dependency)
