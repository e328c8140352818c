"""Reading some columns of a Parquet file, and no more of the file than needed."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from manifests.storage_faults import storage_faults
from pipeline.storage import Store


def read_columns(store: Store, path: str, columns: Sequence[str]) -> pa.Table:
    """Read some columns by their paths (``turns.list.element.text``); adjacent ones come in one request.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: storage can't be reached, or refuses access.
        ArrowException: from pyarrow, it is not Parquet.
    """
    with store.open(path) as opened, storage_faults(store.address(path), also=(pa.ArrowException,)):
        return pq.ParquetFile(opened, pre_buffer=True).read(columns=list(columns))
