"""The API described in OpenAPI 3.1: one module for each family of addresses, put together in document."""
