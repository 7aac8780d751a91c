"""The stacks that no emulator knows, or knows in part: the network, the database, secrets, the edge, the alarms."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from cryptography import x509

from chalicelib.api import origin_verification
from chalicelib.platform.telemetry.observability import DIMENSIONS, SERVICE, Metric
from infra.deploy import costs
from infra.deploy.stage import INFRA, STACKS
from infra.packaging import bundle, web

WITHOUT_FUNCTIONS = [part for part in STACKS if part != "functions"]


def template(part: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml_parse((INFRA / f"{part}.yaml").read_text())
    return read


def resources(part: str, kind: str) -> dict[str, Any]:
    found = {
        name: resource["Properties"]
        for name, resource in template(part)["Resources"].items()
        if isinstance(resource, dict) and resource.get("Type") == kind
    }
    assert found, f"no {kind} in {part}.yaml"
    return found


# ---- all of them ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", WITHOUT_FUNCTIONS)
def test_every_choice_an_operator_has_is_described(part: str) -> None:
    self_evident = {"Stage", "LogRetentionDays", "PriceClass", "DatabaseDimension"}
    for name, parameter in template(part)["Parameters"].items():
        assert name in self_evident or parameter.get("Description"), f"{part}.yaml: {name}"


@pytest.mark.parametrize("part", WITHOUT_FUNCTIONS)
def test_every_log_is_forgotten_one_day(part: str) -> None:
    for name, resource in template(part)["Resources"].items():
        if isinstance(resource, dict) and resource.get("Type") == "AWS::Logs::LogGroup":
            assert "RetentionInDays" in resource["Properties"], f"{part}.yaml: {name}"


# ---- the network -----------------------------------------------------------------------------------------------------------


def test_the_network_has_no_way_in_and_no_nat_unless_one_asks_for_it() -> None:
    found = template("network")["Resources"]
    way_in = {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::VPCGatewayAttachment"}
    for name, resource in found.items():
        if resource["Type"] in way_in:
            assert resource["Condition"] == "Nat", name
    assert template("network")["Parameters"]["NatGateway"]["Default"] == "false"
    for ingress in resources("network", "AWS::EC2::SecurityGroupIngress").values():
        assert ingress["SourceSecurityGroupId"]
        assert "CidrIp" not in ingress
    for group in resources("network", "AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group


def test_the_functions_reach_postgres_and_https_and_nothing_else() -> None:
    group = resources("network", "AWS::EC2::SecurityGroup")["FunctionsGroup"]
    assert {(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]} == {(443, 443)}
    (extra,) = resources("network", "AWS::EC2::SecurityGroupEgress").values()
    assert (extra["FromPort"], extra["ToPort"]) == (5432, 5432)
    assert extra["DestinationSecurityGroupId"] == {"Ref": "DatabaseGroup"}


def test_the_endpoint_of_s3_leads_to_buckets_of_this_account_only() -> None:
    (endpoint,) = resources("network", "AWS::EC2::VPCEndpoint").values()
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}


# ---- the database ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Cluster", "Instance"])
def test_the_database_is_encrypted_backed_up_protected_and_has_no_password_of_ours(name: str) -> None:
    resource = template("database")["Resources"][name]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Snapshot"
    properties = resource["Properties"]
    assert properties["StorageEncrypted"] is True
    assert properties["EnableIAMDatabaseAuthentication"] is True
    assert properties["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in properties
    assert properties["BackupRetentionPeriod"] == {"Ref": "BackupDays"}
    assert template("database")["Parameters"]["ProtectDatabase"]["Default"] == "true"


def test_no_instance_is_public() -> None:
    for name, instance in resources("database", "AWS::RDS::DBInstance").items():
        assert instance["PubliclyAccessible"] is False, name
        assert instance["EnablePerformanceInsights"] is True, name


@pytest.mark.parametrize("kind", ["AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup"])
def test_the_database_takes_tls_only_lets_idle_connections_go_and_logs_no_values(kind: str) -> None:
    (group,) = resources("database", kind).values()
    parameters = group["Parameters"]
    assert parameters["rds.force_ssl"] == "1"
    assert parameters["log_parameter_max_length"] == parameters["log_parameter_max_length_on_error"] == "0"
    assert "IdleSessionTimeoutMs" in str(parameters["idle_session_timeout"])


@pytest.mark.parametrize(
    ("output", "role"),
    [
        ("DatabaseUrl", "visionary_app"),
        ("SweepDatabaseUrl", "visionary_sweep"),
        ("MigrationDatabaseUrl", "visionary_owner"),
    ],
)
def test_each_role_reaches_the_database_by_a_checked_certificate(output: str, role: str) -> None:
    url = template("database")["Outputs"][output]["Value"]["Fn::Sub"][0]
    assert url.startswith(f"postgresql://{role}@")
    mode, file = re.findall(r"sslmode=([a-z-]+)&sslrootcert=/var/task/(.+)", url)[0]
    assert mode == "verify-full"
    assert (bundle.ROOT / file).is_file()


def test_the_certificates_are_authorities_and_are_valid_for_some_time() -> None:
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


# ---- the edge --------------------------------------------------------------------------------------------------------------


def test_page_and_api_are_one_origin_by_https_only() -> None:
    (distribution,) = resources("edge", "AWS::CloudFront::Distribution").values()
    config = distribution["DistributionConfig"]
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"]["Fn::If"][1] == "redirect-to-https"
    (api,) = config["CacheBehaviors"]
    assert api["PathPattern"] == "/api/*"
    assert api["ViewerProtocolPolicy"]["Fn::If"][1] == "https-only"
    assert config["ViewerCertificate"]["Fn::If"][1]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert template("edge")["Parameters"]["RequireTls"]["Default"] == "true"


def test_the_page_may_not_be_framed_and_asks_for_https_for_two_years() -> None:
    (policy,) = resources("edge", "AWS::CloudFront::ResponseHeadersPolicy").values()
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 2 * 365 * 24 * 3600
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    assert headers["ContentSecurityPolicy"]["ContentSecurityPolicy"] == {"Ref": "PagePolicy"}
    said = web.security_headers("https://bucket.example", "https://users.example")
    assert "unsafe" not in said["Content-Security-Policy"]
    items = policy["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    custom = {item["Header"]: item["Value"] for item in items}
    assert custom == {name: said[name] for name in custom}
    assert set(said) - set(custom) == {
        "Content-Security-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"
    }  # fmt: skip


def test_cloudfront_says_what_the_api_wants_to_hear() -> None:
    (distribution,) = resources("edge", "AWS::CloudFront::Distribution").values()
    (api,) = [origin for origin in distribution["DistributionConfig"]["Origins"] if origin["Id"] == "api"]
    condition, (said,), _ = api["OriginCustomHeaders"]["Fn::If"]
    assert (said["HeaderName"], said["HeaderValue"]) == (origin_verification.HEADER, {"Ref": "OriginHeader"})
    assert "OriginHeader" in str(template("edge")["Conditions"][condition])
    assert template("edge")["Parameters"]["OriginHeader"]["NoEcho"] is True


def test_the_firewall_has_managed_rules_and_a_limit_per_address() -> None:
    (acl,) = resources("edge", "AWS::WAFv2::WebACL").values()
    kinds = [next(iter(rule["Statement"])) for rule in acl["Rules"]]
    assert kinds.count("ManagedRuleGroupStatement") == 3
    assert kinds.count("RateBasedStatement") == 1


def test_what_players_send_in_the_query_is_not_logged() -> None:
    (delivery,) = resources("edge", "AWS::Logs::Delivery").values()
    fields = delivery["RecordFields"]
    assert "cs-uri-stem" in fields
    assert not {"cs-uri-query", "cs(Referer)", "cs(Cookie)"} & set(fields)
    functions = yaml_parse((INFRA / "functions.yaml").read_text())["Resources"]
    logged = functions["RestAPI"]["Properties"]["AccessLogSetting"]["Fn::If"][1]["Format"]
    assert "$context.resourcePath" in logged
    assert not re.search(r"\$context\.path\b|querystring|authorization", logged)


# ---- what is watched ---------------------------------------------------------------------------------------------------------


def unrolled(part: str) -> Iterator[dict[str, Any]]:
    """The properties of every alarm, each repetition written out."""
    for name, resource in template(part)["Resources"].items():
        if not name.startswith("Fn::ForEach"):
            if resource["Type"] == "AWS::CloudWatch::Alarm":
                yield resource["Properties"]
            continue
        variable, values, body = resource
        for value in values:
            text = (
                json.dumps(body)
                .replace(f"${{{variable}}}", value)
                .replace(json.dumps({"Ref": variable}), json.dumps(value))
            )
            (alarm,) = json.loads(text).values()
            yield alarm["Properties"]


def dimensions(alarm: dict[str, Any]) -> dict[Any, Any]:
    return {d["Name"] if isinstance(d["Name"], str) else "database": d["Value"] for d in alarm["Dimensions"]}


def test_alarms_on_our_own_metrics_name_metrics_and_dimensions_of_the_code() -> None:
    ours = [alarm for alarm in unrolled("monitoring") if alarm["Namespace"] == "Visionary"]
    assert len(ours) >= 8
    for alarm in ours:
        metric = Metric(alarm["MetricName"])
        told = dimensions(alarm)
        assert told.pop("service") == SERVICE
        assert told.pop("stage") == {"Ref": "Stage"}
        assert set(told) <= {DIMENSIONS.get(metric)}


def test_the_dashboard_names_metrics_and_dimensions_of_the_code_and_shows_each_of_them() -> None:
    (dashboard,) = resources("monitoring", "AWS::CloudWatch::Dashboard").values()
    body = re.sub(r"\$\{[A-Za-z:]+\}", "x", dashboard["DashboardBody"]["Fn::Sub"])
    shown, series = set[Metric](), []
    for widget in json.loads(body)["widgets"]:
        previous: list[Any] = []
        for entry in widget["properties"].get("metrics", []):
            if isinstance(entry[0], dict):
                found = re.match(r"SEARCH\('\{Visionary,([a-z,]+)\} MetricName=\"(\w+)\"", entry[0]["expression"])
                if found:
                    metric = Metric(found[2])
                    shown.add(metric)
                    expected = {"service", "stage"} | ({DIMENSIONS[metric]} if metric in DIMENSIONS else set())
                    assert set(found[1].split(",")) == expected
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


def test_every_queue_and_every_function_is_watched() -> None:
    queues = {
        q["QueueName"]["Fn::Sub"].removeprefix("visionary-${Stage}-")
        for q in resources("storage", "AWS::SQS::Queue").values()
    }
    alarms = list(unrolled("monitoring"))

    def watched(metric: str, dimension: str) -> set[str]:
        told = [dimensions(alarm)[dimension] for alarm in alarms if alarm["MetricName"] == metric]
        return {str(value["Fn::Sub"]).removeprefix("visionary-${Stage}-") for value in told}

    assert watched("ApproximateNumberOfMessagesVisible", "QueueName") == {q for q in queues if q.endswith("-dead")}
    assert watched("ApproximateAgeOfOldestMessage", "QueueName") == {q for q in queues if not q.endswith("-dead")}
    functions = json.loads(bundle.build("local").template.read_text())["Resources"].values()
    names = {
        f["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("visionary-${Stage}-")
        for f in functions
        if f["Type"] == "AWS::Serverless::Function"
    } - {"migrate"}  # invoked by a deployment, which sees its failures itself
    assert watched("Errors", "FunctionName") == watched("Throttles", "FunctionName") == names


def test_every_alarm_tells_somebody() -> None:
    for alarm in unrolled("monitoring"):
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert alarm["AlarmDescription"]


def test_the_list_of_costs_counts_what_the_templates_make() -> None:
    not_with_aurora = 1  # it has no storage to fill
    assert len(list(unrolled("monitoring"))) == costs.ALARMS + not_with_aurora
    assert len(resources("secrets", "AWS::SecretsManager::Secret")) + 1 == costs.SECRETS
    (acl,) = resources("edge", "AWS::WAFv2::WebACL").values()
    assert len(acl["Rules"]) == costs.FIREWALL_RULES
    declared = {name for part in STACKS for name in template(part)["Parameters"]}
    assert set(costs.DEPENDS_ON) <= declared


def test_a_dearer_choice_costs_more() -> None:
    def month(**settings: str) -> float:
        return sum(line.usd for line in costs.idle(settings))

    assert month() < month(NatGateway="true") < month(NatGateway="true", DatabaseProxy="true")
    assert month(SweepMinutes="60", PauseAfterS="300") < month()
    assert month(Firewall="false") == pytest.approx(month() - 9)


def test_the_deployed_code_carries_the_certificates() -> None:
    with zipfile.ZipFile(bundle.build("local").code) as archive:
        assert "chalicelib/platform/rds-ca.pem" in archive.namelist()
