"""Addresses that give nothing away, and what is said of those that would: never the key itself."""

import pytest
from pydantic import ValidationError

from manifests.addresses import ClusterAddress, EndpointAddress, FileAddress, refuse_keys
from manifests.errors import BuildError
from manifests.problems import describe_problems
from manifests.strict_model import StrictModel


class Places(StrictModel):
    """An address of each kind."""

    file: FileAddress = "musan"
    cluster: ClusterAddress = "local"
    endpoint: EndpointAddress = "http://host/v1"


def told(**given: object) -> str:
    with pytest.raises(ValidationError) as raised:
        Places.model_validate(given)
    return describe_problems(raised.value, Places)


@pytest.mark.parametrize(
    "given",
    [
        {"file": "s3://AKIA:SECRET@bucket/musan"},
        {"file": "s3://AKIA:SE/SECRET@bucket/musan"},
        {"file": "https://host/musan?signature=SECRET"},
        {"cluster": "ray://me:SECRET@host:10001"},
        {"cluster": "me:SECRET@host:6379"},
        {"endpoint": "https://me:SECRET@host/v1"},
        {"endpoint": "https://SECRET@host/v1"},
        {"endpoint": "https://me:SE/SECRET@host/v1"},
        {"endpoint": "https://host/v1?key=SECRET"},
        {"endpoint": "me:SECRET@host/v1"},
        {"endpoint": "SECRET@host/v1"},
        {"endpoint": "ftp://me:SECRET@host/v1"},
    ],
    ids=str,
)
def test_credentials_are_refused_and_not_repeated(given: dict[str, str]) -> None:
    (kind,) = given
    said = told(**given)
    assert f"{kind}: the address contains credentials" in said
    assert "SECRET" not in said


def test_a_key_where_no_address_belongs_is_not_repeated_either() -> None:
    assert told(file=["s3://AKIA:SECRET@bucket"]) == "  file: Input should be a valid string"
    assert told(file=5) == "  file: Input should be a valid string (found 5)"


def test_a_message_that_tells_the_value_tells_it_once() -> None:
    assert told(endpoint="host/v1") == "  endpoint: 'host/v1' is not an http(s) address such as http://host:8000/v1"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:abc/v1",
        "http://127.0.0.1:70000/v1",
        "http://ho\u200bst/v1",
        "http://ho st/v1",
        "http://host/v1\n",
        "http://a..b/v1",
        f"http://{'a' * 64}/v1",
        f"http://{'.'.join(['a' * 60] * 5)}/v1",
        "http://:8000/v1",
    ],
)
def test_an_address_that_nobody_can_call_is_refused(address):
    assert told(endpoint=address) == f"  endpoint: {address!r} is not an http(s) address such as http://host:8000/v1"


@pytest.mark.parametrize(
    "given",
    [
        {"file": "/data/a:b@c"},
        {"file": "musan@2"},
        {"file": "s3://bucket/musan@2"},
        {"file": "hf://datasets/owner/name@main/data"},
        {"file": "hdfs://namenode:8020/musan@2"},
        {"cluster": "auto"},
        {"cluster": "ray://[::1]:10001"},
        {"cluster": "10.0.0.1:6379"},
        {"endpoint": "http://[::1]:8000/v1"},
        {"endpoint": "https://host:443/v1/@cf"},
        {"endpoint": "https://bücher.example/v1"},
        {"endpoint": "http://host.:8000"},
    ],
    ids=str,
)
def test_ports_and_names_of_revisions_are_no_credentials(given: dict[str, str]) -> None:
    assert Places.model_validate(given)


@pytest.mark.parametrize("address", ["s3://AKIA:SE/SECRET@bucket/corpus", "https://host/corpus?signature=SECRET"])
def test_a_corpus_is_not_addressed_by_a_key(address: str) -> None:
    with pytest.raises(BuildError, match="the corpus's address contains credentials or a query; leave them") as raised:
        refuse_keys(address)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["corpus", "/data/a:b@c?", "sftp://me@host/corpus", "abfs://container@account.dfs.core.windows.net/c"]
)
def test_a_name_alone_is_no_key(address: str) -> None:
    refuse_keys(address)
