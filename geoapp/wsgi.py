"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoapp.settings")
application = get_wsgi_application()
_ = get_resolver().url_patterns  # all views, before workers are forked: else each one's first visitor waits a second
