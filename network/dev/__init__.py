"""What `make` runs on a developer's machine: bootstrap, supervisor, checks, catalogues. Production never imports it."""
