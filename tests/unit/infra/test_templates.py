"""The infrastructure as it will be deployed: storage and identity as they are, the functions merged by Chalice."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from chalicelib.api import middleware
from chalicelib.api.problem import Problem
from chalicelib.inspection.antivirus import guardduty
from chalicelib.platform import errors
from chalicelib.platform.config import Settings
from chalicelib.speech.dispatch.dispatch import DEFAULT_CONCURRENCY
from chalicelib.speech.voices.providers import PROVIDER_DEFAULTS
from infra.deploy import parameters
from infra.deploy.stacks import DeployError
from infra.deploy.stage import INFRA, STACKS, STAGES, Stage
from infra.packaging import bundle

CLOUD = {
    "DocumentsLayerKey": "layers/documents.zip",
    "DatabaseResourceId": "cluster-ABC",
    "SubnetIds": "subnet-1,subnet-2",
    "SigningSecretsArn": "arn:signing",
    "AuthorizeSecretsArn": "arn:authorize",
    "SpeechSecretsArn": "arn:speech",
    "OriginSecretsArn": "arn:edge",
    "TraceEnabled": "true",
    "ApiReservedConcurrency": "-1",
    "AvEngine": "guardduty",
    "ApiAccessLogs": "true",
    "SetGatewayLogRole": "true",
    "DatabaseAdminSecretArn": "arn:admin",
    "MigrationDatabaseResourceId": "cluster-ABC",
}
QUEUE_FUNCTIONS = {"Ingest", "PlanSpeech", "Synthesize", "RecordSegment", "FinishSpeech", "RunAccountJob"}
DATABASE_FUNCTIONS = (QUEUE_FUNCTIONS - {"Synthesize"}) | {"APIHandler", "Sweep", "Migrate"}

CONSUME = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}
QUEUES = ("Ingest", "SpeechPlan", "SpeechExpress", "SpeechBulk", "SpeechResults", "SpeechFinish", "Account")
FOLDERS = ("media", "withheld", "speech", "exports")
# The design's table. A right that is not here is a right nobody has.
RIGHTS = {
    "Authorize": {"sqs:SendMessage Account"},
    "AuthorizePlayer": {"sqs:SendMessage Account"},
    "APIHandler": {
        "s3:PutObject incoming/uploads/*",
        "s3:AbortMultipartUpload incoming/uploads/*",
        "s3:ListMultipartUploadParts incoming/uploads/*",
        "s3:GetObject library/media/*",
        "s3:GetObject library/speech/*",
        "s3:GetObject library/exports/*",
        "s3:ListBucket library",
        "sqs:SendMessage SpeechPlan",
        "sqs:SendMessage Account",
        "sqs:GetQueueAttributes SpeechPlan",
    },
    "Ingest": {
        "s3:GetObject incoming/*",
        "s3:GetObjectVersion incoming/*",
        "s3:GetObjectVersionTagging incoming/uploads/*",
        "s3:DeleteObject incoming/*",
        "s3:DeleteObjectVersion incoming/*",
        "s3:ListBucket incoming",
        "s3:ListBucketVersions incoming",
        "s3:PutObject library/media/*",
        "s3:GetObject library/media/*",
        "s3:PutObject library/withheld/*",
        "s3:GetObject library/withheld/*",
        *(f"{action} Ingest" for action in CONSUME),
    },
    "PlanSpeech": {
        "s3:GetObject library/speech/*",
        "s3:ListBucket library",
        *(f"{action} SpeechPlan" for action in CONSUME),
        "sqs:SendMessage SpeechPlan",  # a dead worker's order, to come again
        "sqs:SendMessage SpeechExpress",
        "sqs:SendMessage SpeechBulk",
        "sqs:SendMessage SpeechResults",  # a note to look again later
        "sqs:SendMessage SpeechFinish",
    },
    "Synthesize": {
        "s3:GetObject library/speech/*",
        "s3:PutObject library/speech/*",
        "s3:ListBucket library",
        *(f"{action} SpeechExpress" for action in CONSUME),
        *(f"{action} SpeechBulk" for action in CONSUME),
        "sqs:SendMessage SpeechResults",
    },
    "RecordSegment": {
        *(f"{action} SpeechResults" for action in CONSUME),
        "sqs:SendMessage SpeechExpress",
        "sqs:SendMessage SpeechBulk",
        "sqs:SendMessage SpeechResults",
        "sqs:SendMessage SpeechFinish",
    },
    "FinishSpeech": {
        "s3:GetObject library/speech/*",
        "s3:PutObject library/speech/*",
        "s3:AbortMultipartUpload library/speech/*",
        "s3:ListMultipartUploadParts library/speech/*",
        "s3:ListBucket library",
        *(f"{action} SpeechFinish" for action in CONSUME),
        "sqs:SendMessage SpeechFinish",
        "sqs:SendMessage SpeechPlan",  # a segment whose audio was lost is spoken again
    },
    "RunAccountJob": {
        "s3:GetObject library/media/*",
        "s3:GetObject library/speech/*",
        "s3:GetObject library/exports/*",
        "s3:PutObject library/speech/*",
        "s3:PutObject library/exports/*",
        *(
            f"s3:{action} {place}"
            for action in ("DeleteObject", "DeleteObjectVersion", "AbortMultipartUpload")
            for place in ("incoming/uploads/*", *(f"library/{folder}/*" for folder in FOLDERS))
        ),
        *(
            f"s3:{action} {bucket}"
            for action in ("ListBucket", "ListBucketVersions", "ListBucketMultipartUploads")
            for bucket in ("incoming", "library")
        ),
        *(f"{action} Account" for action in CONSUME),
        "sqs:SendMessage Account",
    },
    "Sweep": {
        "s3:GetObject incoming/uploads/*",
        "s3:DeleteObject incoming/uploads/*",
        "s3:DeleteObjectVersion incoming/uploads/*",
        "s3:AbortMultipartUpload incoming/uploads/*",
        "s3:ListMultipartUploadParts incoming/uploads/*",
        "s3:ListBucket incoming",
        "s3:ListBucketVersions incoming",
        "s3:ListBucket library",
        *(f"s3:DeleteObject library/{folder}/*" for folder in FOLDERS),
        *(f"sqs:SendMessage {queue}" for queue in QUEUES),
    },
    "Migrate": set(),
}  # fmt: skip


@pytest.fixture(scope="session")
def functions() -> dict[str, Any]:
    template: dict[str, Any] = json.loads(bundle.build("local").template.read_text())
    return template


@pytest.fixture(scope="session")
def storage() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((INFRA / "storage.yaml").read_text())
    return template


@pytest.fixture(scope="session")
def identity() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((INFRA / "identity.yaml").read_text())
    return template


def holds(template: dict[str, Any], condition: Any) -> bool:
    """Whether a condition holds in the cloud."""
    if isinstance(condition, str):
        return holds(template, template["Conditions"][condition])
    if "Condition" in condition:
        return holds(template, condition["Condition"])
    if "Fn::And" in condition:
        return all(holds(template, part) for part in condition["Fn::And"])
    if "Fn::Not" in condition:
        return not holds(template, condition["Fn::Not"][0])
    left, right = condition["Fn::Equals"]
    return str(CLOUD[left["Ref"]]) == str(right)


def in_the_cloud(template: dict[str, Any], value: Any) -> Any:
    """A value with its Fn::If decided; what is left out is None."""
    if isinstance(value, list):
        decided = [in_the_cloud(template, item) for item in value]
        return [item for item in decided if item is not None]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        return in_the_cloud(template, yes if holds(template, condition) else no)
    if value == {"Ref": "AWS::NoValue"}:
        return None
    return {k: d for k, v in value.items() if (d := in_the_cloud(template, v)) is not None}


def resources(template: dict[str, Any], kind: str) -> dict[str, Any]:
    found = {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == kind}
    assert found, f"no {kind} at all"
    return found


def lambdas(template: dict[str, Any]) -> dict[str, Any]:
    return resources(template, "AWS::Serverless::Function")


def statements(template: dict[str, Any], function: str) -> list[dict[str, Any]]:
    role = lambdas(template)[function]["Role"]["Fn::GetAtt"][0]
    properties = in_the_cloud(template, template["Resources"][role]["Properties"])
    assert "ManagedPolicyArns" not in properties, "a managed policy allows more than the table says"
    return [s for policy in properties["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(resource: Any) -> str:
    """A resource of a policy in the words of the table above."""
    if isinstance(resource, dict) and "Ref" in resource:
        return str(resource["Ref"]).removesuffix("QueueArn")
    text: str = resource["Fn::Sub"] if isinstance(resource, dict) else resource
    for bucket in ("Incoming", "Library"):
        text = text.replace(f"arn:${{AWS::Partition}}:s3:::${{{bucket}Bucket}}", bucket.lower())
    return text


def rights(template: dict[str, Any], function: str) -> Iterator[str]:
    for statement in statements(template, function):
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            if action.startswith(("s3:", "sqs:")):
                for resource in as_list(statement["Resource"]):
                    yield f"{action} {named(resource)}"


@pytest.mark.parametrize("function", RIGHTS)
def test_a_function_may_do_what_the_design_says_and_nothing_else(functions: dict[str, Any], function: str) -> None:
    found = list(rights(functions, function))
    assert set(found) == RIGHTS[function]
    assert len(found) == len(set(found))


def test_every_function_of_the_application_is_in_the_table_of_rights(functions: dict[str, Any]) -> None:
    assert set(lambdas(functions)) == set(RIGHTS)


def test_every_function_has_a_role_of_its_own(functions: dict[str, Any]) -> None:
    roles = [properties["Role"]["Fn::GetAtt"][0] for properties in lambdas(functions).values()]
    assert len(set(roles)) == len(roles)


@pytest.mark.parametrize("function", RIGHTS)
def test_a_star_stands_only_where_aws_names_no_resource(functions: dict[str, Any], function: str) -> None:
    for statement in statements(functions, function):
        if "*" in as_list(statement["Resource"]):
            assert all(a.startswith(("xray:Put", "ec2:", "polly:")) for a in as_list(statement["Action"]))
        assert all("*" not in action for action in as_list(statement["Action"]))


def test_only_what_touches_the_database_may_connect_each_as_its_role(functions: dict[str, Any]) -> None:
    for function in RIGHTS:
        grants = [s["Resource"]["Fn::Sub"] for s in statements(functions, function) if s["Action"] == "rds-db:connect"]
        users = [as_list(grant)[0].rsplit("/", 1)[-1] for grant in grants]
        expected = {"Sweep": "visionary_sweep", "Migrate": "visionary_owner"}.get(function, "visionary_app")
        assert users == ([expected] if function in DATABASE_FUNCTIONS else [])


def test_what_touches_the_database_is_in_the_network_and_nothing_else_is(functions: dict[str, Any]) -> None:
    inside = {n for n, p in lambdas(functions).items() if in_the_cloud(functions, p.get("VpcConfig"))}
    variables = {n for n, p in lambdas(functions).items() if "DATABASE_URL" in p["Environment"]["Variables"]}
    assert inside == variables == DATABASE_FUNCTIONS


def test_every_setting_a_function_gets_is_one_the_application_reads(functions: dict[str, Any]) -> None:
    others = {"SECRETS_ARN", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_ENDPOINT_URL_POLLY"}
    known = {name.upper() for name in Settings.model_fields} | others
    common = functions["Globals"]["Function"]["Environment"]["Variables"]
    for properties in [*lambdas(functions).values(), {"Environment": {"Variables": common}}]:
        for variable in properties["Environment"]["Variables"]:
            assert variable in known or variable.startswith("POWERTOOLS_")


@pytest.mark.parametrize("key", ["SPEECHIFY_API_KEY", "OPENAI_TTS_API_KEY"])
def test_provider_keys_are_known_to_the_function_that_calls_providers_only(functions: dict[str, Any], key: str) -> None:
    holders = {n for n, p in lambdas(functions).items() if key in p["Environment"]["Variables"]}
    assert holders == {"Synthesize"}


def queue_events(functions: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, properties in lambdas(functions).items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                yield name, event["Properties"]


def test_every_queue_has_a_consumer_with_partial_batches_and_a_bound(functions: dict[str, Any]) -> None:
    events = list(queue_events(functions))
    assert {name for name, _ in events} == QUEUE_FUNCTIONS
    queues = {event["Queue"]["Ref"] for _, event in events}
    assert queues == {name for name in functions["Parameters"] if name.endswith("QueueArn")}
    for _, event in events:
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        mapping, _, consumer = event["ScalingConfig"]["MaximumConcurrency"]["Fn::FindInMap"]
        for stage in STAGES:
            assert 2 <= functions["Mappings"][mapping][stage][consumer] <= 1000


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_no_slot_of_a_voice_provider_waits_for_a_function(functions: dict[str, Any], stage: str) -> None:
    slots = [provider.concurrency or DEFAULT_CONCURRENCY for provider in PROVIDER_DEFAULTS]
    assert functions["Mappings"]["Concurrency"][stage]["SpeechBulk"] >= max(slots)


def test_a_message_stays_hidden_longer_than_its_consumer_may_take(
    functions: dict[str, Any], storage: dict[str, Any]
) -> None:
    queues = resources(storage, "AWS::SQS::Queue")
    for name, event in queue_events(functions):
        queue = queues[event["Queue"]["Ref"].removesuffix("Arn")]
        assert queue["VisibilityTimeout"] >= lambdas(functions)[name]["Timeout"] + 10


def test_every_queue_has_a_dead_letter_queue_that_keeps_longer(storage: dict[str, Any]) -> None:
    queues = resources(storage, "AWS::SQS::Queue")
    sources = {name: q for name, q in queues.items() if not name.endswith("DeadQueue")}
    assert len(sources) * 2 == len(queues)
    for queue in sources.values():
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
        assert dead["QueueName"]["Fn::Sub"] == queue["QueueName"]["Fn::Sub"] + "-dead"


@pytest.mark.parametrize("bucket", ["Incoming", "Library", "Artifacts", "Web"])
def test_a_bucket_is_private_encrypted_versioned_and_outlives_its_stack(storage: dict[str, Any], bucket: str) -> None:
    resource = storage["Resources"][bucket]
    properties = resource["Properties"]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["VersioningConfiguration"]["Status"] == "Enabled"
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    rules = properties["LifecycleConfiguration"]["Rules"]
    assert any(r.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") == 1 for r in rules)


@pytest.mark.parametrize("bucket", ["Incoming", "Library", "Artifacts"])
def test_a_bucket_refuses_plain_http(storage: dict[str, Any], bucket: str) -> None:
    policy = storage["Resources"][f"{bucket}TlsOnly"]["Properties"]
    assert policy["Bucket"] == {"Ref": bucket}
    statement = policy["PolicyDocument"]["Statement"][0]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert storage["Parameters"]["RequireTls"]["Default"] == "true"


def test_only_one_bucket_may_send_to_the_ingest_queue(storage: dict[str, Any]) -> None:
    policy = storage["Resources"]["IngestQueuePolicy"]["Properties"]
    statement, for_scans = policy["PolicyDocument"]["Statement"]
    assert for_scans["Fn::If"][0::2] == ["GuardDuty", {"Ref": "AWS::NoValue"}]
    bucket = storage["Resources"]["Incoming"]["Properties"]["BucketName"]["Fn::Sub"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(f":::{bucket}")
    assert "AWS::AccountId" in str(statement["Condition"]["StringEquals"]["aws:SourceAccount"])


GUARDDUTY = ("MalwareScan", "MalwareScanRole", "MalwareScanResults")


def test_guardduty_costs_nothing_unless_it_is_the_scanner(storage: dict[str, Any]) -> None:
    assert storage["Conditions"]["GuardDuty"] == {"Fn::Equals": [{"Ref": "AvEngine"}, "guardduty"]}
    assert storage["Parameters"]["AvEngine"]["Default"] == "none"
    assert {n for n, r in storage["Resources"].items() if r.get("Condition") == "GuardDuty"} == set(GUARDDUTY)


def test_guardduty_scans_what_clients_write_and_its_results_reach_ingest(storage: dict[str, Any]) -> None:
    found = {name: in_the_cloud(storage, storage["Resources"][name]["Properties"]) for name in GUARDDUTY}
    plan, rule = found["MalwareScan"], found["MalwareScanResults"]
    assert plan["ProtectedResource"]["S3Bucket"] == {"BucketName": {"Ref": "Incoming"}, "ObjectPrefixes": ["uploads/"]}
    assert plan["Actions"] == {"Tagging": {"Status": "ENABLED"}}
    assert rule["EventPattern"]["source"] == ["aws.guardduty"]
    assert rule["EventPattern"]["detail"]["s3ObjectDetails"]["bucketName"] == [{"Ref": "Incoming"}]
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": ["IngestQueue", "Arn"]}]
    queue = in_the_cloud(storage, storage["Resources"]["IngestQueuePolicy"]["Properties"])
    allowed = {s["Principal"]["Service"]: s for s in queue["PolicyDocument"]["Statement"]}["events.amazonaws.com"]
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(f":rule/{rule['Name']['Fn::Sub']}")
    notified = in_the_cloud(storage, storage["Resources"]["Incoming"]["Properties"]["NotificationConfiguration"])
    assert notified["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}


def test_only_guardduty_may_assume_its_role_and_only_for_this_account(storage: dict[str, Any]) -> None:
    (statement,) = storage["Resources"]["MalwareScanRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "malware-protection-plan.guardduty.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_no_version_can_be_read_without_the_clean_tag_and_nobody_else_can_write_it(storage: dict[str, Any]) -> None:
    policy = in_the_cloud(storage, storage["Resources"]["IncomingTlsOnly"]["Properties"]["PolicyDocument"])
    denied = {s["Sid"]: s for s in policy["Statement"]}
    only_guardduty = {"aws:PrincipalArn": {"Fn::GetAtt": ["MalwareScanRole", "Arn"]}}
    unscanned, tags = denied["DenyUnscanned"], denied["DenyTagsByOthers"]
    for statement in (unscanned, tags):
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Resource"] == {"Fn::Sub": "${Incoming.Arn}/uploads/*"}
        assert statement["Condition"]["ArnNotEquals"] == only_guardduty
    assert unscanned["Action"] == "s3:GetObjectVersion"
    tag = {f"s3:ExistingObjectTag/{guardduty.SCAN_STATUS_TAG}": guardduty.CLEAN_STATUS}
    assert unscanned["Condition"]["StringNotEquals"] == tag
    assert {"s3:PutObjectTagging", "s3:PutObjectVersionTagging"} < set(tags["Action"])


def test_clamd_lets_in_our_functions_alone_when_its_group_is_named(functions: dict[str, Any]) -> None:
    rule = functions["Resources"]["ClamdIngress"]
    assert rule["Condition"] == "ClamdGuarded"
    assert rule["Properties"]["GroupId"] == {"Ref": "ClamdSecurityGroupId"}
    assert rule["Properties"]["SourceSecurityGroupId"] == {
        "Fn::Select": [0, {"Fn::Split": [",", {"Ref": "SecurityGroupIds"}]}]
    }
    assert rule["Properties"]["FromPort"] == rule["Properties"]["ToPort"] == {"Ref": "ClamdPort"}
    variables = lambdas(functions)["Ingest"]["Environment"]["Variables"]
    assert {"AV_ENGINE", "CLAMD_ADDRESS", "CLAMD_TIMEOUT_S"} <= set(variables)
    asked = lambdas(functions)["APIHandler"]["Environment"]["Variables"]
    assert {"AV_ENGINE", "CLAMD_ADDRESS"} <= set(asked)


@pytest.mark.parametrize("template", ["storage", "functions"])
def test_every_scanner_that_the_application_knows_can_be_deployed(
    template: str, request: pytest.FixtureRequest
) -> None:
    engines = get_args(Settings.model_fields["av_engine"].annotation)
    assert set(request.getfixturevalue(template)["Parameters"]["AvEngine"]["AllowedValues"]) == set(engines)


def test_every_function_logs_into_a_group_that_forgets(functions: dict[str, Any]) -> None:
    groups = resources(functions, "AWS::Logs::LogGroup")
    for name, properties in lambdas(functions).items():
        group = groups[properties["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert group["LogGroupName"]["Fn::Sub"] == "/aws/lambda/" + properties["FunctionName"]["Fn::Sub"]
        writes = [s for s in statements(functions, name) if "logs:PutLogEvents" in as_list(s["Action"])]
        assert [s["Resource"]["Fn::GetAtt"][0] for s in writes] == [properties["LoggingConfig"]["LogGroup"]["Ref"]]


def test_what_the_gateway_refuses_by_itself_looks_like_the_api(functions: dict[str, Any]) -> None:
    responses = functions["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED", "REQUEST_TOO_LARGE"} < set(
        responses
    )
    family = {error.status: error for error in errors.AppError.__subclasses__()} | {500: errors.AppError}
    for response in responses.values():
        body = json.loads(response["ResponseTemplates"]["application/json"])
        assert set(body) == set(Problem.model_fields)
        assert body["status"] == response["StatusCode"]
        assert body["type"] == f"urn:visionary:problem:{body['code']}"
        assert body["message"] == body["detail"]
        if body["status"] != 504:  # the gateway's alone
            error = family[body["status"]]
            assert (body["code"], body["title"]) == (error.code, error.title)
        headers = response["ResponseParameters"]["Headers"]
        assert headers["Content-Type"] == "'application/problem+json'"
        assert {"Access-Control-Allow-Origin", *middleware.SECURITY_HEADERS} < set(headers)
        for name in middleware.SECURITY_HEADERS.keys() - {"Content-Security-Policy"}:
            assert headers[name] == f"'{middleware.SECURITY_HEADERS[name]}'"
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == 404
    assert "Retry-After" in responses["THROTTLED"]["ResponseParameters"]["Headers"]
    assert responses["UNAUTHORIZED"]["ResponseParameters"]["Headers"]["WWW-Authenticate"] == "'Bearer'"


def test_the_api_is_regional_throttled_and_has_one_stage(functions: dict[str, Any]) -> None:
    api = functions["Resources"]["RestAPI"]["Properties"]
    assert api["EndpointConfiguration"] == "REGIONAL"
    assert api["StageName"] == "api"
    (settings,) = api["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "ApiRateLimit"}
    assert functions["Globals"]["Api"]["OpenApiVersion"] == "2.0"


def test_a_browser_needs_no_secret_to_sign_in(identity: dict[str, Any]) -> None:
    (client,) = resources(identity, "AWS::Cognito::UserPoolClient").values()
    assert client["GenerateSecret"] is False
    flows = {"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert set(client["ExplicitAuthFlows"]) == flows
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_every_parameter_is_an_output_of_an_earlier_stack_or_has_a_default(functions: dict[str, Any]) -> None:
    computed = {
        "Stage", "CorsOrigins", "Version", "CodeKey", "DocumentsLayerKey", "MigrationsLayerKey",
        "ApiOriginDomain", "ApiOriginPath", "ApiOriginPort", "PagePolicy", "PublicApiUrl", "OriginHeader",
    }  # fmt: skip
    stages = json.loads((INFRA / "stages.json").read_text())
    known, declared = computed, set[str]()
    for part in STACKS:
        template = functions if part == "functions" else yaml_parse((INFRA / f"{part}.yaml").read_text())
        parameters = template["Parameters"]
        for stage in STAGES:
            assert not {n for n, p in parameters.items() if "Default" not in p} - known - set(stages[stage]), (
                part,
                stage,
            )
        known, declared = known | set(template.get("Outputs", {})), declared | set(parameters)
    for stage in STAGES:
        assert set(stages[stage]) <= declared, "a setting nobody reads"


def test_what_an_operator_gives_is_not_made() -> None:
    for part, names in parameters.REPLACES_STACK.items():
        outputs = set(yaml_parse((INFRA / f"{part}.yaml").read_text())["Outputs"])
        assert names & outputs, f"{part} does not make any of {names}"


@pytest.mark.parametrize(
    ("stage", "environment", "sentence"),
    [
        ("local", {"AWS_DEFAULT_REGION": "us-east-1"}, "set AWS_ENDPOINT_URL"),
        (
            "local",
            {"AWS_ENDPOINT_URL": "https://s3.example.org", "AWS_DEFAULT_REGION": "us-east-1"},
            "for the emulator",
        ),
        ("prod", {"AWS_ENDPOINT_URL": "http://localhost:4566", "AWS_DEFAULT_REGION": "us-east-1"}, "unset it"),
        ("prod", {}, "AWS_DEFAULT_REGION"),
    ],
)
def test_a_deployment_that_would_reach_the_wrong_place_is_refused(
    stage: str, environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(DeployError, match=sentence):
        parameters.check_target(stage, environment)


def test_a_cloud_deployment_names_every_setting_it_lacks(
    functions: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "DATABASE_URL": "postgresql://visionary_app@db/visionary"}
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    prod = Stage("prod", environment, print)
    with pytest.raises(DeployError) as refused:
        prod.parameters("functions", functions["Parameters"])
    for variable in (
        "SWEEP_DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "SUBNET_IDS",
        "SECURITY_GROUP_IDS",
        "CORS_ORIGINS",
        "ORIGIN_SECRET or ORIGIN_SECRETS_ARN",
    ):
        assert variable in str(refused.value)
    assert " DATABASE_URL" not in str(refused.value)


@pytest.mark.parametrize(
    ("parameter", "variable"),
    [("SubnetIds", "SUBNET_IDS"), ("S3PublicEndpointUrl", "S3_PUBLIC_ENDPOINT_URL"), ("Stage", "STAGE")],
)
def test_a_parameter_has_the_environment_variable_of_its_name(parameter: str, variable: str) -> None:
    assert parameters.environment_name(parameter) == variable


@pytest.mark.parametrize(
    ("environment", "edge", "origins", "api"),
    [
        ({}, {}, parameters.PLACEHOLDER_ORIGIN, ""),
        ({}, {"SiteUrl": "https://d1.cloudfront.net"}, "https://d1.cloudfront.net", "https://d1.cloudfront.net/api"),
        ({"DOMAIN_NAME": "m.example"}, {"SiteUrl": "https://d1"}, "https://m.example", "https://m.example/api"),
        (
            {"DOMAIN_NAME": "m.example", "CORS_ORIGINS": "https://m.example, https://other.example"},
            {},
            "https://m.example,https://other.example",
            "https://m.example/api",
        ),
        ({"PUBLIC_API_URL": "https://api.example"}, {"SiteUrl": "https://d1"}, "https://d1", "https://api.example"),
    ],
)
def test_the_pages_address_says_who_may_call_and_where_clients_reach_the_api(
    environment: dict[str, str], edge: dict[str, str], origins: str, api: str
) -> None:
    assert parameters.addresses(environment, edge) == {"CorsOrigins": origins, "PublicApiUrl": api}
