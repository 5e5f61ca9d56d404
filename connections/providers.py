"""The providers that a connection can be made to, and what each has to be asked for. Others take every field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from connections.models import Connection

Text = Any  # text, or text that is translated when it is shown
Dialect = Connection.Dialect
BASE_URL = _("Base URL")
FILLED_IN = _("Filled in. Change it only if your provider gave you another one.")


@dataclass(frozen=True, kw_only=True)
class Provider:
    code: str
    name: Text
    about: Text  # one sentence for whoever chooses
    dialect: Dialect | None = None  # None: the person says
    base_url: str = ""  # filled in, and can be changed
    fields: tuple[str, ...] = ()  # besides name, address and key
    address_label: Text = BASE_URL
    address_help: Text = FILLED_IN
    address_example: str = ""
    key_help: Text = ""


PROVIDERS = (
    Provider(
        code="openai",
        name="OpenAI",
        about=_("Accepts new fine-tunes until 6 January 2027, from accounts that may still train."),
        dialect=Dialect.JOBS,
        base_url="https://api.openai.com/v1",
        fields=("organization_header",),
        key_help=_("It begins with sk-."),
    ),
    Provider(
        code="azure",
        name=_("Azure OpenAI or Microsoft Foundry"),
        about=_("OpenAI's models at Microsoft. A fine-tuned model must be deployed there before it answers."),
        dialect=Dialect.AZURE,
        fields=("api_version",),
        address_label=_("Resource endpoint"),
        address_help=_("As the portal shows it under “Keys and Endpoint”. The rest of the address is added."),
        address_example="https://my-resource.openai.azure.com",
        key_help=_("Key 1 or key 2 of the resource."),
    ),
    Provider(
        code="together",
        name="Together AI",
        about=_("Open models, with a price before each start. A fine-tuned model needs an endpoint of its own."),
        dialect=Dialect.TOGETHER,
        base_url="https://api.together.ai/v1",
    ),
    Provider(
        code="nebius",
        name="Nebius Token Factory",
        about=_("Open models. The curves have one point for each epoch, and a checkpoint is deployed before it answers."),
        dialect=Dialect.NEBIUS,
        base_url="https://api.tokenfactory.nebius.com/v1",
    ),
    Provider(
        code="other",
        name=_("Another server with OpenAI's API"),
        about=_("A trainer of Tunedeck, a company's own server, or one that kept the API of 2023."),
        fields=("dialect", "organization_header"),
        address_help=_("The provider's address for its API; it usually ends in /v1."),
        address_example="https://provider.example.com/v1",
        key_help=_("If the server asks for no key, write any word."),
    ),
)
OTHER = PROVIDERS[-1]


def named(code: str | None) -> Provider | None:
    return next((provider for provider in PROVIDERS if provider.code == code), None)


def of(connection: Connection) -> Provider:
    """Recognize the provider of a stored connection."""
    if connection.dialect == Dialect.JOBS and urlsplit(connection.base_url).hostname == "api.openai.com":
        return PROVIDERS[0]
    own = (provider for provider in PROVIDERS[1:] if provider.dialect == connection.dialect)
    return next(own, OTHER)
