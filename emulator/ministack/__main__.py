"""Run MiniStack with our additions: `python -m emulator.ministack`.

MiniStack's own environment variables configure it.
"""

import os

from ministack import app as ministack
from ministack.services import ssm

from emulator.access.credentials import Credentials
from emulator.ministack.access_keys import AccessKeys
from emulator.ministack.alarms import Alarms
from emulator.ministack.authentication import Authentication
from emulator.ministack.authorization import Authorization
from emulator.ministack.instance_types import let_filters_choose_instance_types
from emulator.ministack.object_versions import ObjectVersions
from emulator.ministack.query_definitions import QueryDefinitions
from emulator.ministack.request_context import RequestContext
from emulator.ministack.role_trust import let_services_assume_roles
from emulator.ministack.sqs_batch_permissions import let_policies_name_single_actions
from emulator.ministack.ssm_documents import SsmDocuments
from emulator.ministack.vpc_endpoints import let_requests_come_through_endpoints
from emulator.ministack.wildcards import let_wildcards_match_any_character


def main() -> None:
    """Add our parts to MiniStack and run it until the process is ended."""
    handlers = ministack.SERVICE_HANDLERS
    handlers["s3"] = ObjectVersions(handlers["s3"])
    handlers["monitoring"] = Alarms(handlers["monitoring"])
    handlers["logs"] = QueryDefinitions(handlers["logs"])
    handlers["ssm"] = documents = SsmDocuments(handlers["ssm"])
    documents.keep_with(ssm)
    let_services_assume_roles()
    let_wildcards_match_any_character()
    let_requests_come_through_endpoints()
    let_filters_choose_instance_types()
    let_policies_name_single_actions()
    # MiniStack reads the account's own key from the same variables.
    root = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    keys = AccessKeys(root)
    authorization = Authorization(ministack.app, root.access_key_id, keys.secret)
    ministack.app = RequestContext(Authentication(authorization, keys.secret))
    ministack.main()


if __name__ == "__main__":
    main()
