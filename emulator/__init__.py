"""AWS on one machine: MiniStack, AWS Batch with local processes, and delivery of events between them."""
