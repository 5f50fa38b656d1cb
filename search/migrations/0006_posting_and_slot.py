"""Postings as rows: a place for each passage in its corpus, and for each term a row of places."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0005_errand_and_corpus_recipe'),
    ]

    operations = [
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('pk', models.CompositePrimaryKey('corpus_id', 'term', 'block', blank=True, editable=False, primary_key=True, serialize=False)),
                ('term', models.TextField(db_collation='C')),
                ('block', models.IntegerField()),
                ('entries', models.BinaryField()),
                ('corpus', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='search.corpus')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('block__gte', 0)), fields=['corpus', 'block'], name='posting_fresh')],
            },
        ),
        migrations.AddField(
            model_name='corpus',
            name='next_slot',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='passage',
            name='slot',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name='termfrequency',
            name='term',
            field=models.TextField(db_collation='C'),
        ),
        migrations.RunSQL(
            # Out of line and never compressed: they are read whole, and hardly shrink.
            'ALTER TABLE search_posting ALTER COLUMN entries SET STORAGE EXTERNAL',
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
