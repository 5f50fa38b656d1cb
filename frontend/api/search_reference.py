"""The bodies of questions and answers as the OpenAPI schema describes them."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers as s

from frontend.api.reference import MODALITIES, OPTIONAL, FileField, LocatorBody
from search.types import Support


class SourceBody(s.Serializer):
    """The document behind a hit."""

    id = s.CharField()
    title = s.CharField()
    filename = s.CharField()
    corpus = s.CharField()
    authors = s.ListField(child=s.CharField())
    published = s.CharField(allow_null=True)
    doi = s.CharField(allow_null=True)
    url = s.CharField(allow_null=True)
    media_type = s.CharField()


class SignalBody(s.Serializer):
    """One retriever's word on a hit; the shares of a hit sum to 1."""

    rank = s.IntegerField(allow_null=True)
    score = s.FloatField(allow_null=True)
    share = s.FloatField()
    added = s.FloatField(help_text="How much of the share a text brought that was added.")


class TermBody(s.Serializer):
    """A word of the question that a hit holds; the shares, by how telling each is, sum to 1."""

    word = s.CharField()
    count = s.IntegerField()
    share = s.FloatField()


class HitBody(s.Serializer):
    """A found passage."""

    passage = s.CharField()
    rank = s.IntegerField()
    score = s.FloatField()
    confidence = s.FloatField(
        min_value=0, max_value=1, help_text="The chance that it is relevant to the question."
    )
    match = s.FloatField(help_text="The log-odds that `confidence` was read from.")
    kind = s.ChoiceField(MODALITIES)
    snippet = s.CharField(help_text="HTML-escaped, matches in <mark>.")
    locator = LocatorBody()
    thumbnail_url = s.CharField(allow_null=True)
    document = SourceBody()
    view_url = s.CharField()
    signals = s.DictField(child=SignalBody())
    modality_shares = s.DictField(child=s.FloatField())
    why = s.ListField(child=s.CharField(), help_text="The words of `terms`.")
    terms = TermBody(many=True)
    explanation = s.CharField(help_text="Why it stands here, in plain words.")


class FacetValue(s.Serializer):
    """How many results have a value."""

    value = s.CharField()
    count = s.IntegerField()


class SearchBody(s.Serializer):
    """A result list."""

    id = s.CharField()
    query = s.JSONField()
    recipe = s.CharField()
    recipe_chosen_by = s.ChoiceField(["question", "person", "corpus", "default"])
    took_ms = s.FloatField()
    total = s.IntegerField()
    total_is_exact = s.BooleanField(help_text="Whether `total` was counted; else it is about so.")
    nothing_matches = s.BooleanField(help_text="The hits are the nearest misses.")
    hits = HitBody(many=True)
    facets = s.DictField(child=FacetValue(many=True))
    facets_counted = s.IntegerField(help_text="Of how many passages, the best, `facets` tell.")
    degraded = s.ListField(child=s.CharField())
    timings = s.DictField(child=s.FloatField())
    cache = s.DictField(child=s.ChoiceField(["hit", "miss"]), help_text="By layer.")
    next_cursor = s.CharField(allow_null=True, help_text="`cursor` of the next page.")


class SentenceBody(s.Serializer):
    """A sentence with the markers behind it."""

    text = s.CharField()
    citations = s.ListField(child=s.IntegerField())
    support = s.ChoiceField([support.value for support in Support])


class CitationBody(s.Serializer):
    """What a marker stands for: an exact quote, and the place it opens."""

    marker = s.IntegerField()
    passage = s.CharField()
    quote = s.CharField()
    kind = s.ChoiceField(MODALITIES)
    locator = LocatorBody()
    document = SourceBody()
    view_url = s.CharField()
    thumbnail_url = s.CharField(allow_null=True)


class StepBody(s.Serializer):
    """Something that was done on the way to the answer."""

    action = s.CharField()
    query = s.CharField()
    found = s.IntegerField()
    ms = s.FloatField()


class AnswerBody(s.Serializer):
    """An answer with its evidence. `conversation` is the id of the answer that began it."""

    id = s.CharField()
    query = s.JSONField()
    text = s.CharField()
    sentences = SentenceBody(many=True)
    citations = CitationBody(many=True)
    refused = s.BooleanField()
    nothing_matches = s.BooleanField(help_text="The hits are the nearest misses.")
    confidence = s.FloatField(min_value=0, max_value=1)
    generator = s.CharField()
    recipe = s.CharField()
    recipe_chosen_by = s.ChoiceField(["question", "person", "corpus", "default"])
    took_ms = s.FloatField()
    timings = s.DictField(child=s.FloatField())
    cache = s.DictField(child=s.ChoiceField(["hit", "miss"]), help_text="By layer.")
    degraded = s.ListField(child=s.CharField())
    followups = s.ListField(child=s.CharField())
    steps = StepBody(many=True)
    hits = HitBody(many=True)
    conversation = s.CharField(required=False)


PublishedSpan = inline_serializer(  # "from" cannot be written as an attribute
    "PublishedSpan",
    {"from": s.CharField(**OPTIONAL), "to": s.CharField(**OPTIONAL)},
    required=False,
)


class FiltersBody(s.Serializer):
    """What results must be; an empty list asks for nothing."""

    kind = s.ListField(child=s.ChoiceField(MODALITIES), required=False)
    media_type = s.ListField(child=s.CharField(), required=False)
    author = s.ListField(child=s.CharField(), required=False)
    language = s.ListField(child=s.CharField(), required=False)
    published = PublishedSpan
    document = s.ListField(child=s.CharField(), required=False)


class WeightsBody(s.Serializer):
    """How much each kind counts; 1 when absent."""

    text = s.FloatField(min_value=0, max_value=10, required=False)
    image = s.FloatField(min_value=0, max_value=10, required=False)
    page = s.FloatField(min_value=0, max_value=10, required=False)
    video = s.FloatField(min_value=0, max_value=10, required=False)
    audio = s.FloatField(min_value=0, max_value=10, required=False)


class QueryBody(s.Serializer):
    """A question. At least a text or a passage."""

    text = s.CharField(max_length=2000, required=False)
    passage = s.CharField(help_text="More like this one.", **OPTIONAL)
    corpora = s.ListField(child=s.CharField(), required=False)
    filters = FiltersBody(required=False)
    weights = WeightsBody(required=False)
    recipe = s.CharField(required=False)
    limit = s.IntegerField(min_value=1, max_value=100, required=False)
    cursor = s.CharField(**OPTIONAL)


class QueryForm(s.Serializer):
    """A question with files. At least one of text, image, clip, audio, passage."""

    text = s.CharField(max_length=2000, required=False)
    image = FileField(
        required=False, help_text="Finds what it shows, and what the words in it say."
    )
    crop = s.CharField(required=False, help_text="The part of it: x,y,w,h as fractions.")
    clip = FileField(required=False, help_text="A moving picture: finds the moments it shows.")
    audio = FileField(required=False, help_text="A sound.")
    passage = s.CharField(required=False)
    corpora = s.ListField(child=s.CharField(), required=False)
    filters = s.CharField(required=False, help_text="As JSON.")
    weights = s.CharField(required=False, help_text="As JSON.")
    recipe = s.CharField(required=False)
    limit = s.IntegerField(min_value=1, max_value=100, required=False)
    cursor = s.CharField(required=False)


class AnswerQueryBody(QueryBody):
    """A question to be answered in sentences."""

    conversation = s.CharField(help_text="An earlier answer that this follows.", **OPTIONAL)
    stream = s.BooleanField(required=False)


class AnswerQueryForm(QueryForm):
    """A question with files, to be answered in sentences."""

    conversation = s.CharField(required=False)
    stream = s.BooleanField(required=False)


QUERY_REQUEST = {"application/json": QueryBody, "multipart/form-data": QueryForm}
ANSWER_REQUEST = {"application/json": AnswerQueryBody, "multipart/form-data": AnswerQueryForm}
EVENTS = OpenApiTypes.STR


class FeedbackBody(s.Serializer):
    """A vote as it is kept."""

    id = s.CharField()
    answer = s.CharField(allow_null=True)
    search = s.CharField(allow_null=True)
    passage = s.CharField(allow_null=True)
    value = s.IntegerField()
    reason = s.CharField()
    comment = s.CharField()


class RecipeBody(s.Serializer):
    """One way to search."""

    name = s.CharField()
    title = s.CharField()
    source = s.CharField()
    stages = s.ListField(child=s.CharField())
    needs = s.ListField(child=s.CharField())
    available = s.BooleanField()
    why_not = s.CharField()
    digest = s.CharField()


class PreferencesBody(s.Serializer):
    """How a person searches."""

    recipe = s.CharField(
        allow_blank=True, help_text="Where a question names none. Empty: as the library says."
    )


class RecipeList(s.Serializer):
    """Every recipe."""

    recipes = RecipeBody(many=True)
