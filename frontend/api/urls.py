"""The addresses of the API, below /api/v1/."""

from django.urls import include, path

from frontend.api import corpora, docs, documents, searches

app_name = "api"

_CORPUS = "corpora/<slug:slug>/"
_DOCUMENT = "documents/<int:document_id>/"

urlpatterns = [
    path("", include("frontend.api.health_urls")),
    path("corpora/", corpora.CorporaView.as_view(), name="corpora"),
    path(_CORPUS, corpora.CorpusView.as_view(), name="corpus"),
    path(f"{_CORPUS}members/", corpora.MembersView.as_view(), name="members"),
    path(f"{_CORPUS}members/<str:username>/", corpora.MemberView.as_view(), name="member"),
    path(f"{_CORPUS}documents/", documents.CorpusDocumentsView.as_view(), name="documents"),
    path(_DOCUMENT, documents.DocumentView.as_view(), name="document"),
    path(f"{_DOCUMENT}passages/", documents.PassagesView.as_view(), name="passages"),
    path("search/", searches.SearchView.as_view(), name="search"),
    path("answers/", searches.AnswersView.as_view(), name="answers"),
    path("answers/<int:answer_id>/", searches.AnswerView.as_view(), name="answer"),
    path("feedback/", searches.FeedbackView.as_view(), name="feedback"),
    path("recipes/", searches.RecipesView.as_view(), name="recipes"),
    path("preferences/", searches.PreferencesView.as_view(), name="preferences"),
    path("schema/", docs.SchemaView.as_view(), name="schema"),
    path("docs/", docs.docs, name="docs"),
]
