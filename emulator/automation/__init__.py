"""Systems Manager Automation: runbooks whose steps are Python scripts."""
