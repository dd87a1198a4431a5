"""MiniStack with what it lacks: `python -m local.shim`, set by MiniStack's own environment variables."""

import os

from ministack import app as ministack
from ministack.services import ssm

from local.access.credentials import Credentials
from local.shim.alarms import Alarms
from local.shim.authorization import Authorization
from local.shim.documents import Documents
from local.shim.gate import Gate
from local.shim.instance_types import let_filters_choose_instance_types
from local.shim.keys import Keys
from local.shim.object_versions import ObjectVersions
from local.shim.query_definitions import QueryDefinitions
from local.shim.requests import Requests
from local.shim.trust import let_services_assume_roles
from local.shim.vpc_endpoints import let_requests_come_through_endpoints
from local.shim.wildcards import let_wildcards_match_any_character


def main() -> None:
    """Put our parts into MiniStack and run it until it is ended."""
    handlers = ministack.SERVICE_HANDLERS
    handlers["s3"] = ObjectVersions(handlers["s3"])
    handlers["monitoring"] = Alarms(handlers["monitoring"])
    handlers["logs"] = QueryDefinitions(handlers["logs"])
    handlers["ssm"] = documents = Documents(handlers["ssm"])
    documents.keep_with(ssm)
    let_services_assume_roles()
    let_wildcards_match_any_character()
    let_requests_come_through_endpoints()
    let_filters_choose_instance_types()
    # MiniStack takes the key of these variables for the account's own.
    root = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    keys = Keys(root)
    authorization = Authorization(ministack.app, root.access_key_id, keys.secret)
    ministack.app = Requests(Gate(authorization, keys.secret))
    ministack.main()


if __name__ == "__main__":
    main()
