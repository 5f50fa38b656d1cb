"""Postings of the passages that are there, from the terms they keep."""

from django.db import migrations

SLOTS = """
UPDATE search_passage p SET slot = n.slot
FROM (
    SELECT id, row_number() OVER (PARTITION BY corpus_id ORDER BY id) - 1 AS slot
    FROM search_passage
) n WHERE n.id = p.id
"""
NEXT = """
UPDATE search_corpus c SET next_slot = n.slots
FROM (SELECT corpus_id, count(*) AS slots FROM search_passage GROUP BY corpus_id) n
WHERE n.corpus_id = c.id
"""
POSTINGS = """
INSERT INTO search_posting (corpus_id, term, block, entries)
SELECT p.corpus_id, u.lexeme,
    CASE WHEN p.slot < c.next_slot / 8192 * 8192 THEN -1 - p.slot / 8192 ELSE p.slot / 1024 END,
    string_agg(
    int8send((p.slot::bigint << 32) | (least(p.length, 8388607)::bigint << 8)
        | least(cardinality(u.positions), 255)),
    ''::bytea ORDER BY p.slot)
FROM search_passage p JOIN search_corpus c ON c.id = p.corpus_id, unnest(p.terms) u
GROUP BY 1, 2, 3
"""


class Migration(migrations.Migration):

    dependencies = [('search', '0006_posting_and_slot')]

    operations = [
        migrations.RunSQL(SLOTS, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(NEXT, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(POSTINGS, reverse_sql='DELETE FROM search_posting'),
    ]
