"""botocore's service models in the bundle: of the services that the code uses, and otherwise as botocore ships them."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import ServiceModel

from infra.packaging import service_models
from infra.packaging.bundle import ROOT
from infra.packaging.wheels import BundleError

SHIPPED = Path(botocore.__file__).parent / "data"
SERVICES = service_models.used_services(ROOT / "chalicelib")
REGIONS = ("eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1", "ap-southeast-5")


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("botocore") / "data"
    folder.mkdir()
    for path in SHIPPED.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
        elif path.name in SERVICES | {"dynamodb", "ec2"}:
            shutil.copytree(path, folder / path.name)
    service_models.reduce(folder, SERVICES)
    return folder


def loader(folder: Path) -> Loader:
    created = Loader(extra_search_paths=[str(folder)], include_default_search_paths=False)
    created.BUILTIN_DATA_PATH = str(
        folder
    )  # as in the bundle: botocore resolves addresses by older rules for data of others
    return created


def client(folder: Path, service: str, region: str, config: Config) -> BaseClient:
    session = botocore.session.Session()
    session.register_component("data_loader", loader(folder))
    created: BaseClient = session.create_client(
        service, region, config=config, aws_access_key_id="key", aws_secret_access_key="secret"
    )
    return created


def test_only_services_that_the_code_uses_are_kept(reduced: Path) -> None:
    assert {"s3", "sqs", "rds", "polly"} <= SERVICES
    assert {path.name for path in reduced.iterdir() if path.is_dir()} == SERVICES


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_model_has_the_same_operations_and_shapes(reduced: Path, service: str) -> None:
    kept, shipped = (
        ServiceModel(loader(folder).load_service_model(service, "service-2")) for folder in (reduced, SHIPPED)
    )
    assert kept.operation_names == shipped.operation_names
    assert kept.metadata == shipped.metadata
    assert [p.name for p in kept.client_context_parameters] == [p.name for p in shipped.client_context_parameters]
    for name in shipped.shape_names:
        mine, theirs = kept.shape_for(name), shipped.shape_for(name)
        assert (mine.type_name, mine.metadata) == (theirs.type_name, theirs.metadata)
        assert list(getattr(mine, "members", ())) == list(getattr(theirs, "members", ()))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_client_has_the_same_address_in_every_partition(reduced: Path, service: str, region: str) -> None:
    for use_dualstack in (False, True):
        config = Config(use_dualstack_endpoint=use_dualstack)
        mine, theirs = (client(folder, service, region, config).meta.endpoint_url for folder in (reduced, SHIPPED))
        assert mine == theirs


def test_requests_are_signed_for_the_same_address(reduced: Path) -> None:
    def presign(folder: Path) -> str:
        s3: Any = client(folder, "s3", "eu-central-1", Config(signature_version="s3v4"))
        parameters = {"Bucket": "incoming", "Key": "uploads/1", "ContentType": "text/plain"}
        return str(s3.generate_presigned_url("put_object", Params=parameters)).partition("X-Amz-Date")[0]

    assert presign(reduced) == presign(SHIPPED)


def test_models_are_unpacked_and_have_no_documentation(reduced: Path) -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [text for text in (value.get("documentation"),) if isinstance(text, str) and text]
            return own + [text for item in value.values() for text in texts(item)]
        return [text for item in value for text in texts(item)] if isinstance(value, list) else []

    assert not list(reduced.rglob("*.gz"))
    (model,) = reduced.glob("s3/*/service-2.json")
    (shipped,) = SHIPPED.glob("s3/*/service-2.json.gz")
    assert texts(json.loads(gzip.decompress(shipped.read_bytes())))
    assert not texts(json.loads(model.read_text()))


@pytest.mark.parametrize("call", ["boto3.client(name)", "boto3.resource('s3')", "boto3.Session()"])
def test_a_client_whose_service_cannot_be_read_from_the_code_is_an_error(tmp_path: Path, call: str) -> None:
    (tmp_path / "module.py").write_text(f"import boto3\n\nname = 's3'\nclient = {call}\n")
    with pytest.raises(BundleError, match=r"module\.py:4"):
        service_models.used_services(tmp_path)


def test_an_unknown_service_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="s33"):
        service_models.reduce(tmp_path, frozenset({"s33"}))


def test_files_that_the_installer_shares_with_its_cache_are_not_written_to(tmp_path: Path) -> None:
    data, cached = tmp_path / "data", tmp_path / "cached.json"
    data.mkdir()
    for path in SHIPPED.iterdir():
        if path.is_file():
            shutil.copy(path, data)
    (data / "endpoints.json").rename(cached)
    (data / "endpoints.json").hardlink_to(cached)
    before = cached.read_bytes()
    service_models.reduce(data, frozenset())
    assert cached.read_bytes() == before
