"""Where addresses lead."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("frontend.api.urls")),
    path("", include("frontend.api.health_urls")),
    path("", include("frontend.urls")),
]
