"""The health of the site, where orchestrators look for it."""

from django.urls import path

from frontend.api.health import HealthView, ReadyView

urlpatterns = [
    path("healthz", HealthView.as_view(), name="healthz"),
    path("readyz", ReadyView.as_view(), name="readyz"),
]
