"""Dashboard, alarms, mails and saved queries."""
