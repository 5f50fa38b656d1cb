"""Where addresses lead."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]
_FRONT = (("api/v1/", "frontend.api.urls"), ("", "frontend.api.health_urls"), ("", "frontend.urls"))
for prefix, urlconf in _FRONT:
    if find_spec(urlconf) is not None:
        urlpatterns.append(path(prefix, include(urlconf)))
