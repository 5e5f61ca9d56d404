"""The same preparation without a server, a database or a browser: `manage.py prepare FILE`."""
