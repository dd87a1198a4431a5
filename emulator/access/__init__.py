"""Who may use the services on this machine: programs that sign their requests, and no web page."""
