"""Addresses of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, re_path

from frontend.views import (
    corpora,
    documents,
    evaluation,
    feedback,
    media,
    preferences,
    search,
)

app_name = "frontend"

urlpatterns = [
    path("", search.home, name="home"),
    path("search", search.results, name="search"),
    path("answers/<int:answer_id>/", search.stored_answer, name="stored_answer"),
    path("feedback", feedback.feedback, name="feedback"),
    path("corpora/", corpora.corpora, name="corpora"),
    path("corpora/create", corpora.create, name="create_corpus"),
    path("corpora/<slug:slug>/", corpora.corpus, name="corpus"),
    path("corpora/<slug:slug>/upload", corpora.upload, name="upload"),
    path("corpora/<slug:slug>/retry", corpora.retry, name="retry"),
    path("corpora/<slug:slug>/members", corpora.members, name="members"),
    path("documents/<int:document_id>/", documents.document, name="document"),
    path("documents/<int:document_id>/delete", documents.delete, name="delete_document"),
    path("documents/<int:document_id>/file", media.original, name="document_file"),
    path("documents/<int:document_id>/subtitles.vtt", media.subtitles, name="subtitles"),
    re_path(
        r"^documents/(?P<document_id>\d{1,19})/assets/(?P<sha256>[0-9a-f]{64})$",
        media.asset,
        name="asset",
    ),
    path("evaluation/", evaluation.evaluation, name="evaluation"),
    path("preferences", preferences.preferences, name="preferences"),
    path("login", LoginView.as_view(template_name="account/login.html"), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
]
