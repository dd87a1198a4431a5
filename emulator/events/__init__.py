"""EventBridge: rules, and the delivery of their events to targets that MiniStack does not serve."""
