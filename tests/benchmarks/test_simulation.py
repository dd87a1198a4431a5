"""The simulation of large loads: what can be worked out by hand comes out of it."""

import numpy as np
import pytest

from benchmarks.queue_simulation import DAY_SECONDS, Fleet, Job, collected, day_of_uploads, paced, simulate
from benchmarks.scale import Load, run

ALWAYS = 10 * DAY_SECONDS


def job(time: float, seconds: float, uploads: int = 1) -> Job:
    return Job(time, np.full(uploads, time), seconds)


def test_jobs_wait_for_an_instance_and_for_each_other() -> None:
    outcome = simulate([job(0, 10), job(0, 10), job(100, 10)], Fleet(1, start_seconds=60, idle_seconds=50))
    assert outcome.delays.tolist() == [70, 80, 10]
    assert outcome.most_instances == 1
    # It is launched at 0, and idles from 110 to 160.
    assert outcome.instance_seconds == 160


def test_a_fleet_grows_with_what_waits_and_shrinks_afterwards() -> None:
    outcome = simulate([job(0, 10) for _ in range(5)], Fleet(3, start_seconds=60, idle_seconds=0))
    assert sorted(outcome.delays) == [70, 70, 70, 80, 80]
    assert outcome.most_instances == 3


def test_an_instance_that_was_stopped_has_to_start_again() -> None:
    outcome = simulate([job(0, 10), job(100, 10)], Fleet(1, start_seconds=60, idle_seconds=20))
    assert outcome.delays.tolist() == [70, 70]


def test_recordings_of_a_list_are_done_one_after_the_other() -> None:
    outcome = simulate([job(0, 25, uploads=4)], Fleet(1, start_seconds=0, idle_seconds=0))
    assert outcome.delays.tolist() == [10, 15, 20, 25]


def test_a_queue_of_random_arrivals_waits_as_the_theory_says() -> None:
    """Pollaczek and Khinchine: one instance that is 80 % busy makes jobs of a second wait for two seconds."""
    arrivals = np.sort(np.random.default_rng(3).uniform(0, 200_000, 160_000))
    outcome = simulate([job(each, 1) for each in arrivals], Fleet(1, start_seconds=0, idle_seconds=ALWAYS))
    assert float(outcome.delays.mean()) == pytest.approx(3.0, rel=0.05)


def test_a_limit_of_requests_delays_only_what_is_over_it() -> None:
    assert list(paced([0, 0, 0, 5], per_second=2)) == [0, 0.5, 1, 5]


def test_the_collector_takes_what_waits_up_to_its_most() -> None:
    uploads = np.array([1.0, 2.0, 3.0, 200.0])
    runs = [(end, taken.tolist()) for end, taken in collected(uploads, 60, most=2, per_second=1)]
    assert runs == [(62, [1, 2]), (121, [3]), (241, [200])]


def test_a_day_has_all_uploads_in_order_and_a_busy_hour() -> None:
    uploads = day_of_uploads(24_000)
    hours = np.bincount((uploads // 3600).astype(int), minlength=24)
    assert (len(uploads), bool(np.all(np.diff(uploads) >= 0))) == (24_000, True)
    assert hours.max() > 2000 > 500 > hours.min()


def test_lists_save_instances_and_single_jobs_save_waiting() -> None:
    single, lists = (run(Load(50_000, 20, collects))[0] for collects in (False, True))
    assert lists.instance_seconds < single.instance_seconds / 3
    assert float(np.median(single.delays)) < 10 < float(np.median(lists.delays)) < 120


def test_the_first_limit_of_single_jobs_is_that_of_batch() -> None:
    assert Load(100_000, 20, collects=False).broken is None
    name, share = Load(10_000_000, 20, collects=False).broken or ("", 0)
    assert (name, share > 1) == ("SubmitJob", True)
    assert Load(10_000_000, 20, collects=True).broken is None
