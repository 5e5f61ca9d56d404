"""Webhooks as Standard Webhooks says: the secret of an endpoint, and the headers that prove who sent a message."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

SECRET_BYTES = 32
PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(public_id: str, body: str, secret: str, at: int) -> dict[str, str]:
    """Return the headers of a message sent at the Unix time `at`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signature = hmac.new(key, f"{public_id}.{at}.{body}".encode(), hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "user-agent": "Tunedeck-Webhooks",
        "webhook-id": public_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
