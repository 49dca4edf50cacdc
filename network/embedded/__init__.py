"""PostgreSQL and Redis from Python wheels, as ordinary processes of this machine. Production never imports it."""
