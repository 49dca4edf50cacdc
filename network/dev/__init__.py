"""What `make` runs on a developer's machine: bootstrap, embedded services, supervisor. Production never imports it."""
