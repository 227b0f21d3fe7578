"""What modelcp costs on this machine, beside the limit: the same SQL and the same bytes without modelcp."""
