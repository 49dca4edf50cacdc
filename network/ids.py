import secrets

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # base58: nothing that reads as something else


def public_id() -> str:
    """12 random base58 characters (70 bits), shown outside in place of the primary key."""
    return random_code(12)


def random_code(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
