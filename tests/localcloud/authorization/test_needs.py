"""What calls need: actions by IAM's names, on the resources that they are about."""

from typing import Any

import pytest

from tests.localcloud.authorization.accounts import Accounts, allow, ec2_arn, refusal
from tests.localcloud.http_endpoint import HUB, MEMBER, REGION

TABLE = f"arn:aws:dynamodb:{REGION}:{HUB}:table/t"


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (("lambda", "list_functions", {}), "lambda:ListFunctions"),
        (("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": []}), "cloudwatch:PutMetricData"),
        (("s3", "list_buckets", {}), "s3:ListAllMyBuckets"),
        (("ssm", "list_command_invocations", {}), "ssm:ListCommandInvocations"),
    ],
)
def test_the_action_is_named_as_iam_names_it(aws: Accounts, call: tuple[str, str, dict[str, Any]], action: str) -> None:
    service, operation, parameters = call
    nobody = aws.client(service, aws.acting(HUB, "nobody"))
    assert f"is not authorized to perform: {action} because" in refusal(nobody, operation, **parameters)[1]
    getattr(aws.client(service, aws.acting(HUB, "somebody", allow(action))), operation)(**parameters)


def test_a_permission_is_for_its_resource(aws: Accounts) -> None:
    queues = [aws.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("mine", "theirs")]
    sender = aws.acting(HUB, "sender", allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{HUB}:mine"))
    sqs = aws.client("sqs", sender)
    sqs.send_message(QueueUrl=queues[0], MessageBody="m")
    assert refusal(sqs, "send_message", QueueUrl=queues[1], MessageBody="m")[0] == "AccessDenied"


def test_a_batch_of_messages_needs_the_permission_for_one(aws: Accounts) -> None:
    url = aws.client("sqs").create_queue(QueueName="batches")["QueueUrl"]
    sqs = aws.client("sqs", aws.acting(HUB, "batcher", allow("sqs:SendMessage")))
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    entries = [{"Id": "1", "ReceiptHandle": "handle"}]
    assert "perform: sqs:DeleteMessage on" in refusal(sqs, "delete_message_batch", QueueUrl=url, Entries=entries)[1]


def test_a_transaction_is_authorised_by_its_members(aws: Accounts) -> None:
    aws.client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb = aws.client("dynamodb", aws.acting(HUB, "writer", allow("dynamodb:PutItem", TABLE)))
    put = {"Put": {"TableName": "t", "Item": {"id": {"S": "1"}}}}
    delete = {"Delete": {"TableName": "t", "Key": {"id": {"S": "2"}}}}
    dynamodb.transact_write_items(TransactItems=[put])
    code, message = refusal(dynamodb, "transact_write_items", TransactItems=[put, delete])
    assert (code, "dynamodb:DeleteItem" in message) == ("AccessDeniedException", True)


def test_a_command_needs_its_document_and_its_instances(aws: Accounts) -> None:
    (image, *_) = aws.client("ec2").describe_images(Owners=["amazon"])["Images"]
    launched = aws.client("ec2", aws.admin(MEMBER)).run_instances(ImageId=image["ImageId"], MinCount=2, MaxCount=2)
    ours, theirs = (each["InstanceId"] for each in launched["Instances"])
    own_tags = {"Resources": [ours], "Tags": [{"Key": "Probed", "Value": "yes"}]}
    aws.client("ec2", aws.admin(MEMBER)).create_tags(**own_tags)
    document = f"arn:aws:ssm:{REGION}:{MEMBER}:document/probe"
    on_instances = allow("ssm:SendCommand", ec2_arn(MEMBER, "instance"), StringEquals={"ssm:ResourceTag/Probed": "yes"})
    ssm = aws.client("ssm", aws.acting(MEMBER, "probing", allow("ssm:SendCommand", document), on_instances))

    def about(document_name: str, *instance_ids: str) -> tuple[str, str]:
        return refusal(ssm, "send_command", DocumentName=document_name, InstanceIds=list(instance_ids))

    assert f"on resource: {ec2_arn(MEMBER, 'instance', theirs)} because" in about("probe", ours, theirs)[1]
    public = f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript"
    assert f"on resource: {public} because" in about("AWS-RunShellScript", ours)[1]
    assert about("probe", ours)[0] == "InvalidDocument", "it may, but there is no such document"
