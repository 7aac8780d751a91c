"""The functions' template as deployed: the rights of every function, its settings, queues and limits."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from chalicelib.platform.config import Settings
from chalicelib.speech.voices.providers import PROVIDER_DEFAULTS
from tests.unit.infra.templates import lambdas, resolve_conditions, resources

QUEUE_FUNCTIONS = {
    "Ingest", "Recognize", "RunSpeechJob", "Synthesize", "SynthesizeBuiltIn", "RecordSegment", "RunAccountJob",
    "FetchImport", "DeliverWebhook",
}  # fmt: skip
DATABASE_FUNCTIONS = (QUEUE_FUNCTIONS - {"DeliverWebhook", "FetchImport", "Synthesize", "SynthesizeBuiltIn"}) | {
    "APIHandler",
    "Sweep",
    "Migrate",
    "Backup",
}

CONSUME = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}
QUEUES = (
    "Ingest",
    "SpeechJobs",
    "SpeechExpress",
    "SpeechBulk",
    "SpeechBuiltIn",
    "SpeechResults",
    "Account",
    "Recognition",
    "Imports",
    "Webhooks",
)
POLL_IMPORTS = "lambda:UpdateEventSourceMapping event-source-mapping:${FetchImportFetchImportSqsEventSource}"
POLL_WEBHOOKS = "lambda:UpdateEventSourceMapping event-source-mapping:${DeliverWebhookDeliverWebhookSqsEventSource}"
POLL_VOICE = "lambda:UpdateEventSourceMapping event-source-mapping:${SynthesizeBuiltInSynthesizeBuiltInSqsEventSource}"
FOLDERS = ("media", "withheld", "speech", "exports")
# The rights of the design. Independent of the template: a right that is not in this table is one that no function has.
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
        "sqs:SendMessage Ingest",  # a text is made again
        "sqs:SendMessage SpeechJobs",
        "sqs:SendMessage SpeechBuiltIn",  # a copy of the voice starts with a recording
        "sqs:SendMessage Account",
        "sqs:SendMessage Recognition",
        "sqs:SendMessage Imports",
        POLL_IMPORTS,
        "sqs:SendMessage Webhooks",
        POLL_WEBHOOKS,
        "sqs:GetQueueAttributes SpeechJobs",
        "lambda:UpdateEventSourceMapping event-source-mapping:${RecognizeRecognizeSqsEventSource}",
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
        "sqs:SendMessage Ingest",
        "sqs:SendMessage Account",
        "sqs:SendMessage Recognition",
        "sqs:SendMessage Webhooks",
        "lambda:UpdateEventSourceMapping event-source-mapping:${RecognizeRecognizeSqsEventSource}",
    },
    "FetchImport": {
        "s3:PutObject incoming/uploads/*",  # whoever takes it over can send files, and read none
        *(f"{action} Imports" for action in CONSUME),
        "sqs:SendMessage Ingest",
    },
    "DeliverWebhook": {
        *(f"{action} Webhooks" for action in CONSUME),
        "sqs:SendMessage Ingest",  # answers
        "sqs:SendMessage Webhooks",  # a retry that is due later
    },
    "Recognize": {
        "s3:GetObject library/media/*",
        "s3:PutObject library/media/*",
        "s3:ListBucket library",
        *(f"{action} Recognition" for action in CONSUME),
        "sqs:SendMessage Recognition",  # the next page
    },
    "RunSpeechJob": {
        "s3:GetObject library/speech/*",
        "s3:GetObject library/media/*/cover.jpg",
        "s3:PutObject library/speech/*",
        "s3:AbortMultipartUpload library/speech/*",
        "s3:ListMultipartUploadParts library/speech/*",
        "s3:ListBucket library",
        *(f"{action} SpeechJobs" for action in CONSUME),
        "sqs:SendMessage SpeechJobs",  # to continue, or to redeliver a dead worker's message
        "sqs:SendMessage SpeechExpress",
        "sqs:SendMessage SpeechBulk",
        "sqs:SendMessage SpeechBuiltIn",
        POLL_VOICE,  # when it takes over
        "sqs:SendMessage SpeechResults",  # to recheck a provider later
        "sqs:SendMessage Webhooks",
    },
    "Synthesize": {
        "s3:GetObject library/speech/*",
        "s3:PutObject library/speech/*",
        "s3:ListBucket library",
        *(f"{action} SpeechExpress" for action in CONSUME),
        *(f"{action} SpeechBulk" for action in CONSUME),
        "sqs:SendMessage SpeechResults",
    },
    "SynthesizeBuiltIn": {
        "s3:GetObject library/speech/*",
        "s3:PutObject library/speech/*",
        "s3:ListBucket library",
        *(f"{action} SpeechBuiltIn" for action in CONSUME),
        "sqs:SendMessage SpeechResults",
    },
    "RecordSegment": {
        *(f"{action} SpeechResults" for action in CONSUME),
        "sqs:SendMessage SpeechExpress",
        "sqs:SendMessage SpeechBulk",
        "sqs:SendMessage SpeechBuiltIn",
        POLL_VOICE,  # when it takes over
        "sqs:SendMessage SpeechResults",
        "sqs:SendMessage SpeechJobs",
        "sqs:SendMessage Webhooks",
    },
    "RunAccountJob": {
        "s3:GetObject library/media/*",
        "s3:GetObject library/speech/*",
        "s3:GetObject library/exports/*",
        "s3:PutObject library/speech/*",
        "s3:PutObject library/exports/*",
        *(
            f"s3:{action} {resource}"
            for action in ("DeleteObject", "DeleteObjectVersion", "AbortMultipartUpload")
            for resource in ("incoming/uploads/*", *(f"library/{folder}/*" for folder in FOLDERS))
        ),
        *(
            f"s3:{action} {bucket}"
            for action in ("ListBucket", "ListBucketVersions", "ListBucketMultipartUploads")
            for bucket in ("incoming", "library")
        ),
        *(f"{action} Account" for action in CONSUME),
        "sqs:SendMessage Account",
        "sqs:SendMessage Webhooks",
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
        "s3:ListBucket anchors",
        "s3:GetObject anchors/heads/*",
        "s3:PutObject anchors/heads/*",
        *(f"s3:DeleteObject library/{folder}/*" for folder in FOLDERS),
        *(f"sqs:SendMessage {queue}" for queue in QUEUES),
        POLL_VOICE,
        POLL_IMPORTS,
        POLL_WEBHOOKS,
        "lambda:UpdateEventSourceMapping event-source-mapping:${RecognizeRecognizeSqsEventSource}",
    },
    "Migrate": set(),
    "Backup": {
        f"s3:{action} {bucket}"
        for bucket in ("library", "backups")
        for action in ("ListBucket", "ListBucketVersions")
    }
    | {
        f"s3:{action} {bucket}/*"
        for bucket in ("library", "backups")
        for action in ("GetObject", "GetObjectVersion", "PutObject", "AbortMultipartUpload")
    },
}  # fmt: skip


def statements(template: dict[str, Any], function: str) -> list[dict[str, Any]]:
    role = lambdas(template)[function]["Role"]["Fn::GetAtt"][0]
    properties = resolve_conditions(template, template["Resources"][role]["Properties"])
    assert "ManagedPolicyArns" not in properties, "a managed policy allows more than the table says"
    return [s for policy in properties["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def table_name(resource: Any) -> str:
    """Return a policy's resource in the notation of RIGHTS."""
    if isinstance(resource, dict) and "Ref" in resource:
        return str(resource["Ref"]).removesuffix("QueueArn")
    text: str = resource["Fn::Sub"] if isinstance(resource, dict) else resource
    text = text.removeprefix("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:")
    for bucket in ("Incoming", "Library", "Backups", "Anchors"):
        text = text.replace(f"arn:${{AWS::Partition}}:s3:::${{{bucket}Bucket}}", bucket.lower())
    return text


def rights(template: dict[str, Any], function: str) -> Iterator[str]:
    for statement in statements(template, function):
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            if action.startswith(("s3:", "sqs:", "lambda:Update")):
                for resource in as_list(statement["Resource"]):
                    yield f"{action} {table_name(resource)}"


@pytest.mark.parametrize("function", RIGHTS)
def test_a_function_has_the_rights_of_the_design_and_no_others(functions: dict[str, Any], function: str) -> None:
    granted = list(rights(functions, function))
    assert set(granted) == RIGHTS[function]
    assert len(granted) == len(set(granted))


def test_every_function_of_the_application_is_in_the_table_of_rights(functions: dict[str, Any]) -> None:
    assert set(lambdas(functions)) == set(RIGHTS)


@pytest.mark.parametrize("function", RIGHTS)
def test_a_right_to_all_resources_is_given_only_where_aws_supports_no_others(
    functions: dict[str, Any], function: str
) -> None:
    for statement in statements(functions, function):
        if "*" in as_list(statement["Resource"]):
            assert all(a.startswith(("xray:Put", "ec2:", "polly:")) for a in as_list(statement["Action"]))
        assert all("*" not in action for action in as_list(statement["Action"]))


def test_functions_with_a_database_connect_as_their_role_from_the_network_and_no_others_can(
    functions: dict[str, Any],
) -> None:
    for function, properties in lambdas(functions).items():
        grants = [s["Resource"]["Fn::Sub"] for s in statements(functions, function) if s["Action"] == "rds-db:connect"]
        users = [as_list(grant)[0].rsplit("/", 1)[-1] for grant in grants]
        expected = {"Sweep": "visionary_sweep", "Migrate": "visionary_owner", "Backup": "visionary_owner"}.get(
            function, "visionary_app"
        )
        assert users == ([expected] if function in DATABASE_FUNCTIONS else [])
        in_network = resolve_conditions(functions, properties.get("VpcConfig")) is not None
        has_url = "DATABASE_URL" in properties["Environment"]["Variables"]
        assert in_network == has_url == (function in DATABASE_FUNCTIONS)


def test_every_setting_a_function_gets_is_one_the_application_reads(functions: dict[str, Any]) -> None:
    others = {"SECRET_PARAMETERS", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_ENDPOINT_URL_POLLY", "RES_OPTIONS"}
    settings = {name.upper() for name in Settings.model_fields} | others
    common = functions["Globals"]["Function"]["Environment"]["Variables"]
    for properties in [*lambdas(functions).values(), {"Environment": {"Variables": common}}]:
        for variable in properties["Environment"]["Variables"]:
            assert variable in settings or variable.startswith("POWERTOOLS_")


def test_variables_are_texts_because_the_emulator_passes_them_as_they_are(functions: dict[str, Any]) -> None:
    common = functions["Globals"]["Function"]["Environment"]["Variables"]
    for properties in [*lambdas(functions).values(), {"Environment": {"Variables": common}}]:
        for variable, value in properties["Environment"]["Variables"].items():
            assert isinstance(value, str | dict), variable
            assert "Fn::FindInMap" not in value, f"{variable}: a mapping has numbers"


@pytest.mark.parametrize("key", ["SPEECHIFY_API_KEY", "OPENAI_TTS_API_KEY"])
def test_only_the_function_that_calls_providers_has_their_keys(functions: dict[str, Any], key: str) -> None:
    holders = {n for n, p in lambdas(functions).items() if key in p["Environment"]["Variables"]}
    assert holders == {"Synthesize"}


def queue_events(functions: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, properties in lambdas(functions).items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                yield name, event["Properties"]


def test_every_queue_has_a_consumer(functions: dict[str, Any]) -> None:
    events = list(queue_events(functions))
    assert {name for name, _ in events} == QUEUE_FUNCTIONS
    queues = {event["Queue"]["Ref"] for _, event in events}
    assert queues == {name for name in functions["Parameters"] if name.endswith("QueueArn")}


@pytest.mark.parametrize("size", ["medium", "large"])
def test_there_are_as_many_workers_as_concurrent_calls_of_a_voice_provider(
    functions: dict[str, Any], size: str
) -> None:
    slots = [provider.concurrency for provider in PROVIDER_DEFAULTS if provider.concurrency]
    assert functions["Mappings"]["Sizes"][size]["SpeechBulk"] >= max(slots)


def test_a_queues_visibility_timeout_exceeds_its_consumers_timeout(
    functions: dict[str, Any], storage: dict[str, Any]
) -> None:
    queues = resources(storage, "AWS::SQS::Queue")
    for name, event in queue_events(functions):
        queue = queues[event["Queue"]["Ref"].removesuffix("Arn")]
        assert queue["VisibilityTimeout"] >= lambdas(functions)[name]["Timeout"] + 10


def test_clamd_and_our_functions_may_connect_if_its_security_group_is_set(functions: dict[str, Any]) -> None:
    ours = {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "SecurityGroupIds"}]}]}
    clamds = {"Ref": "ClamdSecurityGroupId"}
    ingress, egress = functions["Resources"]["ClamdIngress"], functions["Resources"]["ClamdEgress"]
    assert (ingress["Properties"]["GroupId"], ingress["Properties"]["SourceSecurityGroupId"]) == (clamds, ours)
    assert (egress["Properties"]["GroupId"], egress["Properties"]["DestinationSecurityGroupId"]) == (ours, clamds)
    for rule in (ingress, egress):
        assert rule["Condition"] == "ClamdGuarded"
        assert rule["Properties"]["FromPort"] == rule["Properties"]["ToPort"] == {"Ref": "ClamdPort"}
    variables = lambdas(functions)["Ingest"]["Environment"]["Variables"]
    assert {"AV_ENGINE", "CLAMD_ADDRESS", "CLAMD_TIMEOUT_S"} <= set(variables)
    of_api = lambdas(functions)["APIHandler"]["Environment"]["Variables"]
    assert {"AV_ENGINE", "CLAMD_ADDRESS"} <= set(of_api)


@pytest.mark.parametrize("template", ["storage", "functions"])
def test_every_scanner_that_the_application_knows_can_be_deployed(
    template: str, request: pytest.FixtureRequest
) -> None:
    engines = get_args(Settings.model_fields["av_engine"].annotation)
    assert set(request.getfixturevalue(template)["Parameters"]["AvEngine"]["AllowedValues"]) == set(engines)


def test_the_api_is_regional_throttled_and_has_one_stage(functions: dict[str, Any]) -> None:
    api = functions["Resources"]["RestAPI"]["Properties"]
    assert api["EndpointConfiguration"] == "REGIONAL"
    assert api["StageName"] == "api"
    (settings,) = api["MethodSettings"]
    by_size = {"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "ApiRateLimit"]}
    assert settings["ThrottlingRateLimit"] == {"Fn::If": ["OwnRateLimit", {"Ref": "ApiRateLimit"}, by_size]}
    assert functions["Parameters"]["ApiRateLimit"]["Default"] == -1
    assert functions["Globals"]["Api"]["OpenApiVersion"] == "2.0"
