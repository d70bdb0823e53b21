"""Partitions: AWS in China, AWS GovCloud (US) and the like are closed off from one another, and from AWS as most know it.

No role is assumed and no VPC is peered across them. An ARN names its partition first: `arn:aws-cn:ec2:cn-north-1:…`.
"""

_BY_REGION = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}


def partition_of(region: str) -> str:
    """The partition of a region, by how the region's name begins.

    Example:
        >>> partition_of("us-gov-west-1"), partition_of("us-west-1")
        ('aws-us-gov', 'aws')
    """
    return next((partition for prefix, partition in _BY_REGION.items() if region.startswith(prefix)), "aws")
