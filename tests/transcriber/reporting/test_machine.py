from pathlib import Path

from transcriber.reporting.machine import instance_type


def test_an_ec2_instance_is_known_by_its_firmware(tmp_path: Path) -> None:
    (tmp_path / "sys_vendor").write_text("Amazon EC2\n")
    (tmp_path / "product_name").write_text("g6.xlarge\n")
    assert instance_type(tmp_path) == "g6.xlarge"


def test_elsewhere_there_is_no_instance_type(tmp_path: Path) -> None:
    assert instance_type(tmp_path / "missing") is None
    (tmp_path / "sys_vendor").write_text("Some Maker\n")
    (tmp_path / "product_name").write_text("Laptop\n")
    assert instance_type(tmp_path) is None
