#!/usr/bin/env python
"""Django's command line for Vùng Trồng."""

import os
import sys

# These change tables, analyse them or remove what the app role may not: they run as the owner role.
OWNER_COMMANDS = {"migrate", "makemigrations", "grant_app_role", "demo", "remove_demo", "createcachetable"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoapp.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
