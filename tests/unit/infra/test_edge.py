"""CloudFront and its firewall: what reaches the API, what is never cached, and what a rejected client reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from chalicelib.api import origin_verification
from chalicelib.api.problem import Problem
from chalicelib.platform import errors
from infra.deploy.stage import INFRA
from infra.packaging import web
from tests.unit.infra.templates import resources

COMMON = "AWSManagedRulesCommonRuleSet"
# Rules of AWS's managed groups that block, from docs.aws.amazon.com/waf, "AWS Managed Rules rule groups list".
BLOCKING_RULES = {
    "AWSManagedRulesAmazonIpReputationList": ("AWSManagedIPReputationList", "AWSManagedReconnaissanceList"),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        *(f"JavaDeserializationRCE_{part}" for part in ("BODY", "HEADER", "QUERYSTRING", "URIPATH")),
        *(f"Log4JRCE_{part}" for part in ("BODY", "HEADER", "QUERYSTRING", "URIPATH")),
        "Host_localhost_HEADER",
        "PROPFIND_METHOD",
        "ExploitablePaths_URIPATH",
        "ReactJSRCE_BODY",
    ),
    COMMON: (
        *(f"CrossSiteScripting_{part}" for part in ("BODY", "COOKIE", "QUERYARGUMENTS", "URIPATH")),
        *(f"EC2MetaDataSSRF_{part}" for part in ("BODY", "COOKIE", "QUERYARGUMENTS", "URIPATH")),
        *(f"GenericLFI_{part}" for part in ("BODY", "QUERYARGUMENTS", "URIPATH")),
        *(f"GenericRFI_{part}" for part in ("BODY", "QUERYARGUMENTS", "URIPATH")),
        *(f"RestrictedExtensions_{part}" for part in ("QUERYARGUMENTS", "URIPATH")),
        *(f"SizeRestrictions_{part}" for part in ("BODY", "Cookie_HEADER", "QUERYSTRING", "URIPATH")),
        "NoUserAgent_HEADER",
        "UserAgent_BadBots_HEADER",
    ),
}


@pytest.fixture(scope="module")
def edge() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((INFRA / "edge.yaml").read_text())
    return template


@pytest.fixture(scope="module")
def distribution(edge: dict[str, Any]) -> dict[str, Any]:
    (properties,) = resources(edge, "AWS::CloudFront::Distribution").values()
    return dict(properties["DistributionConfig"])


@pytest.fixture(scope="module")
def firewall(edge: dict[str, Any]) -> dict[str, Any]:
    (properties,) = resources(edge, "AWS::WAFv2::WebACL").values()
    return dict(properties)


# ---- the distribution -------------------------------------------------------------------------------------------------


def test_page_and_api_have_one_origin_with_https_only(edge: dict[str, Any], distribution: dict[str, Any]) -> None:
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"]["Fn::If"][1] == "redirect-to-https"
    catalog, api = distribution["CacheBehaviors"]
    assert (catalog["PathPattern"], api["PathPattern"]) == ("/api/v1/opds*", "/api/*")
    assert api["ViewerProtocolPolicy"]["Fn::If"][1] == "https-only"
    own = {"PathPattern", "ResponseHeadersPolicyId"}
    assert {name: catalog[name] for name in catalog.keys() - own} == {name: api[name] for name in api.keys() - own}
    assert distribution["ViewerCertificate"]["Fn::If"][1]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert edge["Parameters"]["RequireTls"]["Default"] == "true"


def test_the_api_gets_every_header_but_host_every_query_and_no_cookies(
    edge: dict[str, Any], distribution: dict[str, Any]
) -> None:
    _, api = distribution["CacheBehaviors"]
    (name, policy), *others = resources(edge, "AWS::CloudFront::OriginRequestPolicy").items()
    assert others == []
    assert api["OriginRequestPolicyId"] == {"Ref": name}
    config = policy["OriginRequestPolicyConfig"]
    assert config["HeadersConfig"] == {"HeaderBehavior": "allExcept", "Headers": ["Host"]}, (
        "Authorization is among them"
    )
    assert config["CookiesConfig"] == {"CookieBehavior": "none"}, "with cookies, CloudFront ignores If-None-Match"
    assert config["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def test_the_gateway_compresses_what_cloudfront_may_not_cache(
    functions: dict[str, Any], distribution: dict[str, Any]
) -> None:
    gateway = functions["Resources"]["RestAPI"]["Properties"]
    assert 0 < gateway["MinimumCompressionSize"] <= 1_500, "about one packet"
    assert not gateway["DefinitionBody"].get("x-amazon-apigateway-binary-media-types"), "bodies are text"
    _, api = distribution["CacheBehaviors"]
    assert api["Compress"] is False
    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "AWS's CachingDisabled"


def test_errors_of_the_api_are_never_cached(distribution: dict[str, Any]) -> None:
    ttls_s = {error["ErrorCode"]: error["ErrorCachingMinTTL"] for error in distribution["CustomErrorResponses"]}
    assert ttls_s == {500: 0, 502: 0, 503: 0, 504: 0}
    assert all(set(error) == {"ErrorCode", "ErrorCachingMinTTL"} for error in distribution["CustomErrorResponses"]), (
        "the API's own response is sent, not a page"
    )


def test_the_page_cannot_be_framed_and_requires_https_for_two_years(edge: dict[str, Any]) -> None:
    policy = resources(edge, "AWS::CloudFront::ResponseHeadersPolicy")["PageHeaders"]
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 2 * 365 * 24 * 3600
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    assert headers["ContentSecurityPolicy"]["ContentSecurityPolicy"] == {"Ref": "PagePolicy"}
    expected = web.security_headers("https://bucket.example", "https://users.example")
    assert "unsafe" not in expected["Content-Security-Policy"]
    items = policy["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    custom = {item["Header"]: item["Value"] for item in items}
    assert custom == {name: expected[name] for name in custom}
    assert set(expected) - set(custom) == {
        "Content-Security-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"
    }  # fmt: skip


def test_cloudfront_sends_the_secret_header_that_the_api_requires(
    edge: dict[str, Any], distribution: dict[str, Any]
) -> None:
    (api,) = [origin for origin in distribution["Origins"] if origin["Id"] == "api"]
    condition, (header,), _ = api["OriginCustomHeaders"]["Fn::If"]
    assert (header["HeaderName"], header["HeaderValue"]) == (origin_verification.HEADER, {"Ref": "OriginHeader"})
    assert "OriginHeader" in str(edge["Conditions"][condition])
    assert edge["Parameters"]["OriginHeader"]["NoEcho"] is True


# ---- the firewall -----------------------------------------------------------------------------------------------------


def managed_groups(firewall: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the action overrides of every managed rule group, by rule."""
    statements = [rule["Statement"].get("ManagedRuleGroupStatement") for rule in firewall["Rules"]]
    return {
        group["Name"]: {override["Name"]: override["ActionToUse"] for override in group["RuleActionOverrides"]}
        for group in statements
        if group
    }


def rejected_labels(firewall: dict[str, Any]) -> set[str]:
    (rule,) = [rule for rule in firewall["Rules"] if rule["Name"] == "rejected"]
    return {match["LabelMatchStatement"]["Key"] for match in rule["Statement"]["OrStatement"]["Statements"]}


def test_the_firewall_has_managed_rules_and_a_limit_per_address(firewall: dict[str, Any]) -> None:
    kinds = [next(iter(rule["Statement"])) for rule in firewall["Rules"]]
    assert kinds.count("ManagedRuleGroupStatement") == 3
    assert kinds.count("RateBasedStatement") == 1
    assert [rule["Priority"] for rule in firewall["Rules"]] == list(range(len(kinds))), "labels come before `rejected`"


def test_no_managed_rule_answers_with_its_own_html(firewall: dict[str, Any]) -> None:
    groups = managed_groups(firewall)
    assert groups.keys() == BLOCKING_RULES.keys()
    for group, rules in BLOCKING_RULES.items():
        assert groups[group] == {rule: {"Count": {}} for rule in rules}, group


def test_every_rule_of_known_attacks_and_bad_addresses_is_rejected(firewall: dict[str, Any]) -> None:
    labels = rejected_labels(firewall)
    assert "awswaf:managed:aws:known-bad-inputs:" in labels, "the namespace: all of the group's rules"
    for rule in BLOCKING_RULES["AWSManagedRulesAmazonIpReputationList"]:
        assert f"awswaf:managed:aws:amazon-ip-list:{rule}" in labels


def test_only_rules_about_paths_and_bad_clients_reject_of_the_common_ones(firewall: dict[str, Any]) -> None:
    namespace = "awswaf:managed:aws:core-rule-set:"
    common = {label.removeprefix(namespace) for label in rejected_labels(firewall) if label.startswith(namespace)}
    on_paths = {rule.replace("URIPATH", "URIPath") for rule in BLOCKING_RULES[COMMON] if rule.endswith("URIPATH")}
    assert common == on_paths | {"BadBots_Header"}


@pytest.mark.parametrize(
    "rule",
    [
        "GenericLFI_BODY",  # a title with ../
        "GenericRFI_BODY",  # a title with an address such as http://192.0.2.1/
        "EC2MetaDataSSRF_BODY",
        "CrossSiteScripting_BODY",
        "CrossSiteScripting_QUERYARGUMENTS",  # a search for <script>
        "GenericLFI_QUERYARGUMENTS",
        "RestrictedExtensions_QUERYARGUMENTS",  # a search for settings.ini
        "SizeRestrictions_QUERYSTRING",  # over 2,048 bytes: a cursor has up to 2,000
        "SizeRestrictions_BODY",  # over 8 KB: a list of parts
        "CrossSiteScripting_COOKIE",  # of a parent domain
    ],
)
def test_what_users_write_is_let_through(firewall: dict[str, Any], rule: str) -> None:
    assert managed_groups(firewall)[COMMON][rule] == {"Count": {}}
    label = rule.replace("BODY", "Body").replace("QUERYARGUMENTS", "QueryArguments").replace("COOKIE", "Cookie")
    label = label.replace("QUERYSTRING", "QueryString")
    assert f"awswaf:managed:aws:core-rule-set:{label}" not in rejected_labels(firewall)


@pytest.mark.parametrize("rule_name", ["rejected", "rate"])
def test_the_firewall_answers_with_problem_documents_that_any_page_may_read(
    firewall: dict[str, Any], rule_name: str
) -> None:
    (rule,) = [rule for rule in firewall["Rules"] if rule["Name"] == rule_name]
    response = rule["Action"]["Block"]["CustomResponse"]
    body = firewall["CustomResponseBodies"][response["CustomResponseBodyKey"]]
    assert body["ContentType"] == "APPLICATION_JSON"
    problem = Problem.model_validate_json(body["Content"])
    (error,) = [error for error in errors.AppError.__subclasses__() if error.status == response["ResponseCode"]]
    assert (problem.status, problem.code, problem.title) == (error.status, error.code, error.title)
    assert problem.type == f"urn:visionary:problem:{problem.code}"
    assert problem.message == problem.detail != ""
    assert json.loads(body["Content"]).keys() == Problem.model_fields.keys()
    headers = {header["Name"]: header["Value"] for header in response["ResponseHeaders"]}
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in headers) == (response["ResponseCode"] == 429)
    assert "content-type" not in {name.lower() for name in headers}, "AWS WAF refuses it"
