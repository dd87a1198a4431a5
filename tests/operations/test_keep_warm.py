"""Instances stay for a while after their last job, if an operator asks for it."""

from tests.operations.account import POLICY, Account


def kept(account: Account, name: str) -> int | None:
    policy = account.described(name)["computeResources"].get("scalingPolicy", {})
    return policy.get("minScaleDownDelayMinutes")


def keep_warm(account: Account, *options: str, exit_code: int = 0) -> str:
    return account.run("operations.keep_warm", *options, exit_code=exit_code)


def test_all_environments_of_the_stack_keep_their_instances_and_no_other_does(account: Account) -> None:
    assert f"{account.spot}: idle instances are stopped soon\n" in keep_warm(account)
    printed = keep_warm(account, "20")
    own = (account.on_demand, account.spot, account.new)
    assert {kept(account, name) for name in own} == {20}
    assert kept(account, account.stranger) is None
    assert f"{account.spot}: idle instances stay for 20 minutes; g6.xlarge costs $0.27 " in printed
    assert account.described(account.spot)["updatePolicy"] == POLICY
    assert keep_warm(account) == printed
    assert "are stopped soon" in keep_warm(account, "0")
    assert {kept(account, name) for name in own} == {0}


def test_other_times_are_refused(account: Account) -> None:
    assert "neither 0 nor a whole number from 20 to 10080" in keep_warm(account, "19", exit_code=2)
    assert kept(account, account.spot) is None
