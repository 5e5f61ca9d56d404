"""Encrypted text at rest: MultiFernet with the keys of settings.FIELD_KEYS, the first of which encrypts.

Reading a row does not decrypt: only touching the attribute does. So a row whose key is lost can still be
listed, and a list costs nothing extra.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute


class Undecipherable(Exception):
    """The stored text was encrypted with a key that is not among settings.FIELD_KEYS."""


class Token(str):
    """An encrypted text, as the database holds it."""

    __slots__ = ()


def _fernet() -> MultiFernet:
    digests = (hashlib.sha256(key.encode()).digest() for key in settings.FIELD_KEYS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def encrypt(text: str) -> Token:
    return Token(_fernet().encrypt(text.encode()).decode())


def decrypt(token: str) -> str:
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        raise Undecipherable("a stored key cannot be read: it was encrypted with another TUNEDECK_FIELD_KEY") from None


def renew(row: models.Model, field: str) -> bool:
    """Encrypt a stored text again with the first key; False if none of the keys can read it."""
    token = row.__dict__[field]
    try:
        fresh = Token(_fernet().rotate(token.encode()).decode()) if token else token
    except InvalidToken:
        return False
    # Only where nobody has stored another text meanwhile.
    type(row)._base_manager.filter(pk=row.pk, **{field: token}).update(**{field: fresh})
    return True


class _Decrypted(DeferredAttribute):
    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return decrypt(value) if isinstance(value, Token) else value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.TextField[str, str]):
    """Text that only the application can read; the database holds a Fernet token."""

    descriptor_class = _Decrypted

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Write an untouched token back as it is, readable or not."""
        return (
            model_instance.__dict__.get(self.attname)
            if self.attname in model_instance.__dict__
            else super().pre_save(model_instance, add)
        )

    def get_prep_value(self, value: Any) -> Any:
        return value if isinstance(value, Token) or not value else encrypt(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        return str(value) if isinstance(value, Token) else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return Token(value) if value else value
