"""Many rows at once, as columns of numbers: for engines that would spend more time on rows than on their work."""

from __future__ import annotations

import io
from typing import Any

from django.db import connections, models


def number_columns(rows: models.QuerySet, *fields: str) -> Any:
    """The fields, all of them whole numbers and never empty, as a numpy array (fields, rows) of int64.

    PostgreSQL copies them out, which takes a tenth of the time of values_list; elsewhere it is values_list.
    """
    import numpy as np

    asked = rows.values_list(*fields)
    connection = connections[asked.db]
    if asked.query.is_empty():  # for which there is no SQL
        found = np.empty(0, np.int64)
    elif connection.vendor == "postgresql":
        sql, values = asked.query.sql_with_params()
        text = io.BytesIO()
        with connection.cursor() as cursor:
            query = cursor.cursor.mogrify(sql, values).decode()
            cursor.cursor.copy_expert(f"COPY ({query}) TO STDOUT (DELIMITER ' ')", text)
        found = np.fromstring(text.getvalue().decode("ascii"), dtype=np.int64, sep=" ")
    else:
        found = np.array(list(asked.iterator(chunk_size=10_000)), dtype=np.int64)
    return np.ascontiguousarray(found.reshape(-1, len(fields)).T)
