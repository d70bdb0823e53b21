from typing import Any

import botocore.session
import pytest

from causeway.domain.model.partitions import partition_of

LOADER = botocore.session.get_session().get_component("data_loader")
PARTITIONS: list[dict[str, Any]] = LOADER.load_data("partitions")["partitions"]


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda each: str(each["id"]))
def test_a_regions_partition_is_the_one_that_aws_says(partition: dict[str, Any]) -> None:
    regions = [region for region in partition["regions"] if not region.endswith("-global")]
    assert regions
    assert {region: partition_of(region) for region in regions} == dict.fromkeys(regions, partition["id"])


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-west-9", "aws-cn"), ("us-gov-north-9", "aws-us-gov"), ("zz-new-1", "aws")]
)
def test_a_region_that_is_new_is_known_by_its_beginning(region: str, partition: str) -> None:
    assert partition_of(region) == partition
