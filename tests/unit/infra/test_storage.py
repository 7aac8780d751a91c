"""The storage and identity templates: buckets, queues, the GuardDuty scanner, and the user pool's client."""

from typing import Any

import pytest

from chalicelib.inspection.antivirus import guardduty
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import Settings
from chalicelib.speech.dispatch import waves
from infra.deploy import destroy
from tests.unit.infra.templates import resolve_conditions, resources

GUARDDUTY = ("MalwareScan", "MalwareScanRole", "MalwareScanResults")


def test_all_queues_share_one_dead_letter_queue_with_a_longer_retention(storage: dict[str, Any]) -> None:
    queues = resources(storage, "AWS::SQS::Queue")
    dead = queues.pop("DeadLetterQueue")
    assert dead["QueueName"] == {"Fn::Sub": "visionary-${Stage}-dead"}
    assert len(queues) == len(Queue)
    for queue in queues.values():
        assert queue["RedrivePolicy"]["maxReceiveCount"] == {"Fn::FindInMap": ["Receives", {"Ref": "Size"}, "Most"]}
        assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
        assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]


def test_a_waves_messages_are_valid_for_as_long_as_their_queues_keep_them(storage: dict[str, Any]) -> None:
    for name in ("SpeechExpressQueue", "SpeechBulkQueue"):
        kept_s = storage["Resources"][name]["Properties"]["MessageRetentionPeriod"]
        assert kept_s == waves.MESSAGE_RETENTION.total_seconds()


@pytest.mark.parametrize("bucket", ["Incoming", "Library", "Anchors", "Artifacts", "Web", "Logs"])
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


@pytest.mark.parametrize("bucket", ["Incoming", "Library", "Anchors", "Artifacts"])
def test_a_bucket_rejects_plain_http(storage: dict[str, Any], bucket: str) -> None:
    policy = storage["Resources"][f"{bucket}TlsOnly"]["Properties"]
    assert policy["Bucket"] == {"Ref": bucket}
    statement = policy["PolicyDocument"]["Statement"][0]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert storage["Parameters"]["RequireTls"]["Default"] == "true"


def test_an_anchor_is_locked_for_longer_than_the_audit_trail_is_kept(storage: dict[str, Any]) -> None:
    properties = storage["Resources"]["Anchors"]["Properties"]
    assert properties["ObjectLockEnabled"] is True
    retention = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention["Days"] > Settings.model_fields["audit_days"].default
    assert properties["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] >= retention["Days"]


def test_only_one_bucket_may_send_to_the_ingest_queue(storage: dict[str, Any]) -> None:
    policy = storage["Resources"]["IngestQueuePolicy"]["Properties"]
    statement, for_scans = policy["PolicyDocument"]["Statement"]
    assert for_scans["Fn::If"][0::2] == ["GuardDuty", {"Ref": "AWS::NoValue"}]
    bucket = storage["Resources"]["Incoming"]["Properties"]["BucketName"]["Fn::Sub"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(f":::{bucket}")
    assert "AWS::AccountId" in str(statement["Condition"]["StringEquals"]["aws:SourceAccount"])


def test_guardduty_costs_nothing_unless_it_is_the_scanner(storage: dict[str, Any]) -> None:
    assert storage["Conditions"]["GuardDuty"] == {"Fn::Equals": [{"Ref": "AvEngine"}, "guardduty"]}
    assert storage["Parameters"]["AvEngine"]["Default"] == "none"
    assert {n for n, r in storage["Resources"].items() if r.get("Condition") == "GuardDuty"} == set(GUARDDUTY)


def test_guardduty_scans_what_clients_write_and_its_results_reach_ingest(storage: dict[str, Any]) -> None:
    properties_of = {name: resolve_conditions(storage, storage["Resources"][name]["Properties"]) for name in GUARDDUTY}
    plan, rule = properties_of["MalwareScan"], properties_of["MalwareScanResults"]
    assert plan["ProtectedResource"]["S3Bucket"] == {"BucketName": {"Ref": "Incoming"}, "ObjectPrefixes": ["uploads/"]}
    assert plan["Actions"] == {"Tagging": {"Status": "ENABLED"}}
    assert rule["EventPattern"]["source"] == ["aws.guardduty"]
    assert rule["EventPattern"]["detail"]["s3ObjectDetails"]["bucketName"] == [{"Ref": "Incoming"}]
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": ["IngestQueue", "Arn"]}]
    queue = resolve_conditions(storage, storage["Resources"]["IngestQueuePolicy"]["Properties"])
    allowed = {s["Principal"]["Service"]: s for s in queue["PolicyDocument"]["Statement"]}["events.amazonaws.com"]
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(f":rule/{rule['Name']['Fn::Sub']}")
    notified = resolve_conditions(storage, storage["Resources"]["Incoming"]["Properties"]["NotificationConfiguration"])
    assert notified["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}


def test_only_guardduty_may_assume_its_role_and_only_for_this_account(storage: dict[str, Any]) -> None:
    (statement,) = storage["Resources"]["MalwareScanRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "malware-protection-plan.guardduty.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_no_version_can_be_read_without_the_clean_tag_and_only_guardduty_can_write_it(storage: dict[str, Any]) -> None:
    policy = resolve_conditions(storage, storage["Resources"]["IncomingTlsOnly"]["Properties"]["PolicyDocument"])
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


def test_a_browser_needs_no_secret_to_sign_in(identity: dict[str, Any]) -> None:
    (client,) = resources(identity, "AWS::Cognito::UserPoolClient").values()
    assert client["GenerateSecret"] is False
    flows = {"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert set(client["ExplicitAuthFlows"]) == flows
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_every_buckets_name_ends_with_the_region_or_as_before(storage: dict[str, Any]) -> None:
    names = {name: bucket["BucketName"]["Fn::Sub"] for name, bucket in resources(storage, "AWS::S3::Bucket").items()}
    logs = names.pop("Logs")
    assert logs.endswith("-${AWS::AccountId}-${AWS::Region}"), "one without the region may be left in us-east-1"
    assert all(name.endswith("-${AWS::AccountId}${BucketSuffix}") for name in names.values())
    assert "Default" not in storage["Parameters"]["BucketSuffix"], "a guess would create empty buckets"


def test_the_buckets_of_a_stage_that_can_be_deleted_are_those_of_the_stack(storage: dict[str, Any]) -> None:
    names = [bucket["BucketName"]["Fn::Sub"] for bucket in resources(storage, "AWS::S3::Bucket").values()]
    assert {name.split("-")[2] for name in names} == set(destroy.BUCKETS)


def test_messages_of_a_small_stage_survive_more_throttled_polls(storage: dict[str, Any]) -> None:
    most = {size: receives["Most"] for size, receives in storage["Mappings"]["Receives"].items()}
    assert most["small"] > most["medium"] == most["large"]


def test_mail_is_sent_by_ses_only_with_an_identity(identity: dict[str, Any]) -> None:
    (pool,) = resources(identity, "AWS::Cognito::UserPool").values()
    condition, by_ses, otherwise = pool["EmailConfiguration"]["Fn::If"]
    assert "SesIdentityArn" in str(identity["Conditions"][condition])
    assert (by_ses["EmailSendingAccount"], by_ses["SourceArn"]) == ("DEVELOPER", {"Ref": "SesIdentityArn"})
    assert otherwise == {"Ref": "AWS::NoValue"}, "Cognito's own sender"
    assert identity["Parameters"]["UserPoolTier"]["Default"] == "LITE"
