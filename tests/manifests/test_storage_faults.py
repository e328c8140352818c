"""What a driver of storage raises is the machine's fault; what the code itself does wrong stays what it is."""

import asyncio

import aiohttp
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ParamValidationError
from fsspec.exceptions import BlocksizeMismatchError

from manifests.storage_faults import storage_faults


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "SlowDown", "Message": "less"}}, "GetObject"),
        EndpointConnectionError(endpoint_url="http://nowhere"),
        NoCredentialsError(),
        ParamValidationError(report="odd"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("cut off"),
        BlocksizeMismatchError("odd"),
        asyncio.IncompleteReadError(b"", 4),
        RuntimeError("Session is closed"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_drivers_fault_is_the_machines(fault):
    with pytest.raises(OSError, match="s3://bucket/corpus can't be reached"), storage_faults("s3://bucket/corpus"):
        raise fault


def test_what_a_file_holds_is_its_readers_word():
    with pytest.raises(ValueError, match="no table"), storage_faults("s3://bucket/corpus", also=(ValueError,)):
        raise ValueError("no table")


@pytest.mark.parametrize("kind", [AssertionError, AttributeError, IndexError, KeyError, NameError, TypeError])
def test_a_fault_of_the_code_is_not_taken_for_one_of_the_network(kind):
    with pytest.raises(kind), storage_faults("s3://bucket/corpus"):
        raise kind("a slip")
