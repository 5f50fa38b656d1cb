from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("search", "0008_passage_slot_index"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="vector",
            index=models.Index(
                models.F("corpus"),
                models.F("space"),
                models.Func("passage", function="hashint8"),
                name="vector_lots",
            ),
        ),
    ]
