"""Names, policies, roles and tags of AWS, as pure functions."""
