"""Adding a connection: a provider is chosen, and the form asks for no more than that one needs."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.html import escape

from connections import providers
from connections.address import BadAddress, azure, versioned
from connections.models import Connection
from tests.conftest import People
from tests.connections.conftest import KEY

pytestmark = pytest.mark.django_db

RESOURCE = "https://my-resource.openai.azure.com"


def add(client: Client, provider: str, **fields: str) -> Connection:
    form = {"provider": provider, "name": "Mine", "key": KEY, **fields}
    answer = client.post("/connections/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    return Connection.objects.get()


def test_all_providers_are_there_to_be_chosen(owner_client: Client) -> None:
    page = owner_client.get("/connections/add/").content.decode()
    for provider in providers.PROVIDERS:
        assert f"?provider={provider.code}" in page
        assert escape(str(provider.name)) in page


@pytest.mark.parametrize(
    ("provider", "asked", "not_asked"),
    [
        ("openai", ["base_url", "key", "organization_header"], ["api_version", "dialect"]),
        ("azure", ["base_url", "key", "api_version"], ["organization_header", "dialect"]),
        ("together", ["base_url", "key"], ["organization_header", "api_version", "dialect"]),
        ("nebius", ["base_url", "key"], ["organization_header", "api_version", "dialect"]),
        ("other", ["base_url", "key", "organization_header", "dialect"], ["api_version"]),
    ],
)
def test_only_what_the_provider_needs_is_asked(
    owner_client: Client, provider: str, asked: list[str], not_asked: list[str]
) -> None:
    page = owner_client.get(f"/connections/add/?provider={provider}").content.decode()
    assert [name for name in asked if f'name="{name}"' not in page] == []
    assert [name for name in not_asked if f'name="{name}"' in page] == []


@pytest.mark.parametrize(
    ("provider", "dialect", "base_url"),
    [
        ("openai", "jobs", "https://api.openai.com/v1"),
        ("together", "together", "https://api.together.ai/v1"),
        ("nebius", "nebius", "https://api.tokenfactory.nebius.com/v1"),
    ],
)
def test_the_address_is_filled_in(owner_client: Client, provider: str, dialect: str, base_url: str) -> None:
    assert f'value="{base_url}"' in owner_client.get(f"/connections/add/?provider={provider}").content.decode()
    made = add(owner_client, provider, base_url=base_url)
    assert (made.dialect, made.base_url) == (dialect, base_url)
    assert providers.of(made).code == provider


@pytest.mark.parametrize(
    ("written", "version", "base_url"),
    [
        (RESOURCE, "", f"{RESOURCE}/openai/v1"),
        (f"{RESOURCE}/", "2025-04-01-preview", f"{RESOURCE}/openai"),
        (f"{RESOURCE}/openai/v1/", "", f"{RESOURCE}/openai/v1"),
        (f"{RESOURCE}/openai", "", f"{RESOURCE}/openai/v1"),
        (f"{RESOURCE}/openai/deployments/gpt/chat/completions?api-version=1", "2024-10-21", f"{RESOURCE}/openai"),
        ("https://r.services.ai.azure.com/api/projects/p", "", "https://r.services.ai.azure.com/api/projects/p/openai/v1"),
    ],
)
def test_an_azure_resource_is_understood_however_it_was_copied(
    owner_client: Client, written: str, version: str, base_url: str
) -> None:
    made = add(owner_client, "azure", base_url=written, api_version=version)
    assert (made.dialect, made.base_url, made.api_version) == ("azure", base_url, version)


def test_an_azure_address_is_held_to_the_rules_of_all_addresses() -> None:
    for wrong in ("my-resource", "https://name:word@r.openai.azure.com", "https://169.254.169.254"):
        with pytest.raises(BadAddress):
            azure(wrong)
    assert versioned("https://r/openai/v1", "preview") == "https://r/openai/v1"


def test_a_version_that_is_none_is_explained(owner_client: Client) -> None:
    form = {"provider": "azure", "name": "Mine", "key": KEY, "base_url": RESOURCE, "api_version": "newest"}
    answer = owner_client.post("/connections/add/", form)
    assert answer.status_code == 422
    assert "A version looks like" in answer.content.decode()


def test_what_was_chosen_stays_what_can_be_edited(owner_client: Client, people: People) -> None:
    made = add(owner_client, "azure", base_url=RESOURCE, api_version="2025-04-01-preview")
    page = owner_client.get(f"/connections/{made.pk}/edit/").content.decode()
    assert "Resource endpoint" in page
    form = {"name": "Mine", "base_url": RESOURCE, "api_version": "", "key": ""}
    assert owner_client.post(f"/connections/{made.pk}/edit/", form).status_code == 302
    made.refresh_from_db()
    assert (made.dialect, made.base_url, made.key) == ("azure", f"{RESOURCE}/openai/v1", KEY)


def test_the_page_says_what_must_be_deployed_before_it_answers(owner_client: Client) -> None:
    made = add(owner_client, "azure", base_url=RESOURCE)
    assert "must be deployed at the provider first" in owner_client.get(f"/connections/{made.pk}/").content.decode()
