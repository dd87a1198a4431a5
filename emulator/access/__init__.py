"""Access control: requests must be signed, and requests of web pages are refused."""
