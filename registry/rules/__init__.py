"""The domain's rules as pure functions: no ORM, no I/O, standard library only."""
