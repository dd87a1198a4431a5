"""Dependencies between jobs."""

from tests.emulator.batch_account import BatchAccount, python


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
