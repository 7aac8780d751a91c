"""The stacks that emulators do not support, or only in part: network, database and monitoring."""

from __future__ import annotations

import json
import re
import zipfile
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from cryptography import x509

from chalicelib.platform.telemetry.observability import DIMENSIONS, SERVICE, Metric
from infra.deploy.stage import INFRA, STACKS
from infra.packaging import bundle

WITHOUT_FUNCTIONS = [part for part in STACKS if part != "functions"]


def template(part: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((INFRA / f"{part}.yaml").read_text())
    return parsed


def resources(part: str, kind: str) -> dict[str, Any]:
    matching = {
        name: resource["Properties"]
        for name, resource in template(part)["Resources"].items()
        if isinstance(resource, dict) and resource.get("Type") == kind
    }
    assert matching, f"no {kind} in {part}.yaml"
    return matching


# ---- all stacks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", WITHOUT_FUNCTIONS)
def test_every_parameter_is_described(part: str) -> None:
    self_explanatory = {"Stage", "LogRetentionDays", "PriceClass", "DatabaseDimension"}
    for name, parameter in template(part)["Parameters"].items():
        assert name in self_explanatory or parameter.get("Description"), f"{part}.yaml: {name}"
        assert None not in parameter.values(), f"{part}.yaml: {name}: a comma in a description needs quotes"


@pytest.mark.parametrize("part", WITHOUT_FUNCTIONS)
def test_every_log_group_has_a_retention(part: str) -> None:
    for name, resource in template(part)["Resources"].items():
        if isinstance(resource, dict) and resource.get("Type") == "AWS::Logs::LogGroup":
            assert "RetentionInDays" in resource["Properties"], f"{part}.yaml: {name}"


# ---- the network -----------------------------------------------------------------------------------------------------------


def test_the_network_has_no_inbound_route_and_a_nat_gateway_only_on_request() -> None:
    declared = template("network")["Resources"]
    gateways = {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::VPCGatewayAttachment"}
    for name, resource in declared.items():
        if resource["Type"] in gateways:
            assert resource["Condition"] == "Nat", name
    assert template("network")["Parameters"]["NatGateway"]["Default"] == "false"
    for ingress in resources("network", "AWS::EC2::SecurityGroupIngress").values():
        assert ingress["SourceSecurityGroupId"]
        assert "CidrIp" not in ingress
    for group in resources("network", "AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group


def test_the_functions_can_connect_only_to_postgres_and_https() -> None:
    group = resources("network", "AWS::EC2::SecurityGroup")["FunctionsGroup"]
    assert {(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]} == {(443, 443)}
    (extra,) = resources("network", "AWS::EC2::SecurityGroupEgress").values()
    assert (extra["FromPort"], extra["ToPort"]) == (5432, 5432)
    assert extra["DestinationSecurityGroupId"] == {"Ref": "DatabaseGroup"}


def test_the_s3_endpoint_permits_only_buckets_of_this_account() -> None:
    (endpoint,) = resources("network", "AWS::EC2::VPCEndpoint").values()
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_s3_endpoint_also_takes_the_ipv6_traffic_that_dual_stack_names_cause() -> None:
    (endpoint,) = resources("network", "AWS::EC2::VPCEndpoint").values()
    assert endpoint["IpAddressType"] == endpoint["DnsOptions"]["DnsRecordIpType"] == "dualstack"


# ---- the database ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Cluster", "Instance"])
def test_the_database_is_encrypted_backed_up_protected_and_has_no_password_in_the_template(name: str) -> None:
    resource = template("database")["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Snapshot", "Retain")
    properties = resource["Properties"]
    inherited_or_true = {"Fn::If": ["Restored", {"Ref": "AWS::NoValue"}, True]}
    assert properties["StorageEncrypted"] == properties["ManageMasterUserPassword"] == inherited_or_true
    assert properties["EnableIAMDatabaseAuthentication"] is True
    assert "MasterUserPassword" not in properties
    assert properties["BackupRetentionPeriod"] == {"Ref": "BackupDays"}
    assert template("database")["Parameters"]["ProtectDatabase"]["Default"] == "true"


def test_no_instance_is_public() -> None:
    for name, instance in resources("database", "AWS::RDS::DBInstance").items():
        assert instance["PubliclyAccessible"] is False, name
        assert instance["EnablePerformanceInsights"] is True, name


@pytest.mark.parametrize("kind", ["AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup"])
def test_the_database_requires_tls_closes_idle_connections_and_logs_no_values(kind: str) -> None:
    (group,) = resources("database", kind).values()
    parameters = group["Parameters"]
    assert parameters["rds.force_ssl"] == "1"
    assert parameters["log_parameter_max_length"] == parameters["log_parameter_max_length_on_error"] == "0"
    assert "IdleSessionTimeoutMs" in str(parameters["idle_session_timeout"])
    assert "IdleTransactionTimeoutMs" in str(parameters["idle_in_transaction_session_timeout"])
    assert not parameters.keys() & {"statement_timeout", "lock_timeout"}, "backups and maintenance take longer"


def test_the_template_has_the_major_version_only_as_rds_raises_the_minor_one() -> None:
    """A minor version in the template, once older than the database's, is a downgrade: RDS rejects every update with it."""
    version = template("database")["Parameters"]["DatabaseVersion"]
    assert re.fullmatch(version["AllowedPattern"], version["Default"])
    assert not re.fullmatch(version["AllowedPattern"], "17.7")
    for kind, family in (("DBClusterParameterGroup", "aurora-postgresql"), ("DBParameterGroup", "postgres")):
        (group,) = resources("database", f"AWS::RDS::{kind}").values()
        assert group["Family"] == family + version["Default"]
    for name, instance in resources("database", "AWS::RDS::DBInstance").items():
        assert instance["AutoMinorVersionUpgrade"] is True, name


@pytest.mark.parametrize(
    ("output", "role"),
    [
        ("DatabaseUrl", "visionary_app"),
        ("SweepDatabaseUrl", "visionary_sweep"),
        ("MigrationDatabaseUrl", "visionary_owner"),
    ],
)
def test_each_role_connects_with_a_verified_certificate(output: str, role: str) -> None:
    url = template("database")["Outputs"][output]["Value"]["Fn::Sub"][0]
    assert url.startswith(f"postgresql://{role}@")
    mode, file = re.findall(r"sslmode=([a-z-]+)&sslrootcert=/var/task/(.+)", url)[0]
    assert mode == "verify-full"
    assert (bundle.ROOT / file).is_file()


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # which the authority chose, not we
def test_the_certificates_are_self_signed_authorities() -> None:
    certificates = x509.load_pem_x509_certificates((bundle.ROOT / "chalicelib/platform/rds-ca.pem").read_bytes())
    names = {str(c.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value) for c in certificates}
    assert {"Amazon Root CA 1", "Amazon RDS us-east-1 Root CA RSA2048 G1"} <= names
    for certificate in certificates:
        assert certificate.issuer == certificate.subject
        certificate.verify_directly_issued_by(certificate)
        assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_pausing_database_and_a_proxy_exclude_each_other() -> None:
    rule = template("database")["Rules"]["ProxyNeverPauses"]
    assert "does not pause behind RDS Proxy" in rule["Assertions"][0]["AssertDescription"]
    assert template("database")["Parameters"]["MinAcu"]["Default"] == 0
    assert template("database")["Parameters"]["DatabaseProxy"]["Default"] == "false"


# ---- logs ----------------------------------------------------------------------------------------------------------------------


def test_query_strings_with_link_tokens_are_not_logged() -> None:
    (delivery,) = resources("edge", "AWS::Logs::Delivery").values()
    fields = delivery["RecordFields"]
    assert "cs-uri-stem" in fields
    assert not {"cs-uri-query", "cs(Referer)", "cs(Cookie)"} & set(fields)
    functions = yaml_parse((INFRA / "functions.yaml").read_text())["Resources"]
    logged = functions["RestAPI"]["Properties"]["AccessLogSetting"]["Fn::If"][1]["Format"]
    assert "$context.resourcePath" in logged
    assert not re.search(r"\$context\.path\b|querystring|authorization", logged)


# ---- monitoring --------------------------------------------------------------------------------------------------------------


def test_the_dashboard_names_metrics_and_dimensions_of_the_code_and_shows_each_of_them() -> None:
    (dashboard,) = resources("monitoring", "AWS::CloudWatch::Dashboard").values()
    body = re.sub(r"\$\{[A-Za-z:]+\}", "x", dashboard["DashboardBody"]["Fn::Sub"])
    shown, series = set[Metric](), []
    for widget in json.loads(body)["widgets"]:
        previous: list[Any] = []
        for entry in widget["properties"].get("metrics", []):
            if isinstance(entry[0], dict):
                match = re.match(r"SEARCH\('\{Visionary,([a-z,]+)\} MetricName=\"(\w+)\"", entry[0]["expression"])
                if match:
                    metric = Metric(match[2])
                    shown.add(metric)
                    expected = {"service", "stage"} | ({DIMENSIONS[metric]} if metric in DIMENSIONS else set())
                    assert set(match[1].split(",")) == expected
                continue
            words = [word for word in entry if isinstance(word, str)]
            if words != ["..."]:
                previous = [old if word == "." else word for word, old in zip(words, previous or words, strict=False)]
                series.append(previous)
    for namespace, name, *labels in series:
        if namespace == "Visionary":
            shown.add(Metric(name))
            assert labels == ["service", SERVICE, "stage", "x"]
    assert shown == set(Metric)


def test_the_bundle_contains_the_certificates() -> None:
    with zipfile.ZipFile(bundle.build("local").code) as archive:
        assert "chalicelib/platform/rds-ca.pem" in archive.namelist()
