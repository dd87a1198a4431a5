"""Systems Manager Automation: runbooks with steps in Python."""
