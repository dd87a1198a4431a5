"""Addresses in the AWS console, for mails and exports. Pure functions."""

CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
"""The consoles of the other partitions."""


def console(partition: str, region: str, service: str) -> str:
    """Return the address of a service's console, to which a fragment can be added."""
    host = CONSOLES.get(partition, "console.aws.amazon.com")
    return f"https://{region}.{host}/{service}/home?region={region}"


def dashboard_url(partition: str, region: str, name: str) -> str:
    """Return where the console shows the dashboard ``name``."""
    return f"{console(partition, region, 'cloudwatch')}#dashboards/dashboard/{name}"


def log_stream_url(partition: str, region: str, group: str, stream: str) -> str:
    """Return where the console shows a log stream.

    The console redirects this older form, which accepts names with slashes. The newer form needs them escaped
    twice, which no input transformer can do.
    """
    return f"{console(partition, region, 'cloudwatch')}#logEventViewer:group={group};stream={stream}"


def job_url(partition: str, region: str, job_id: str) -> str:
    """Return where the console shows a Batch job."""
    return f"{console(partition, region, 'batch')}#jobs/detail/{job_id}"
