"""What a fan-out does to a core, for ever: a fresh key, its agreement and a sealed message for each device."""

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def main() -> None:
    """Until ended."""
    device = ec.generate_private_key(ec.SECP256R1()).public_key()
    body = bytes(3000)
    while True:
        agreed = ec.generate_private_key(ec.SECP256R1()).exchange(ec.ECDH(), device)
        AESGCM(agreed[:16]).encrypt(os.urandom(12), body, None)


if __name__ == "__main__":
    main()
