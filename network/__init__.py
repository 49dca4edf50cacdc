"""The project package and the lowest app.

Here live identities (User, Organization, Membership, Invitation), roles and access, the audit trail, the Money type,
API keys, mail, and the settings of the one network that an installation runs. It wires the other apps by name only.
"""
