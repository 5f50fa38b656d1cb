"""Passages are found by their slot; the index over terms is no longer read."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [('search', '0007_fill_postings')]

    operations = [
        AddIndexConcurrently(
            model_name='passage',
            index=models.Index(
                fields=['corpus', 'slot'],
                include=['id', 'document', 'kind', 'language'],
                name='passage_corpus_slot',
            ),
        ),
        RemoveIndexConcurrently(model_name='passage', name='passage_terms'),
    ]
