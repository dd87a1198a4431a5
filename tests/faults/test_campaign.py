"""A short campaign: whatever happens, an upload ends as a transcript or as a failure that is told."""

from pathlib import Path

from tests.faults.campaign import Plan, run

PLAN = Plan(seed=20260131, uploads=200, real_share=0.02, slots=6)
AGAIN = f"again: make soak UPLOADS={PLAN.uploads} SEED={PLAN.seed} REAL_SHARE={PLAN.real_share}"


def test_every_upload_has_its_outcome_and_none_is_lost(tmp_path: Path) -> None:
    found = run(PLAN, tmp_path)
    print(found)
    assert not found.problems, f"{found}\n{AGAIN}"
    assert found.counts["uploads"] >= PLAN.uploads
    assert found.counts["transcripts"] + found.counts["failures"] == found.counts["recordings"]
    assert found.counts["failures"] > 0
    assert len(found.faults) >= 20
