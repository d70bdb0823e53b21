"""The rules of the suite: each is a test, and its docstring names AWS's pages that say so.

A source is a book and a page of it, `VPC Guide: vpc-cidr-blocks`, or, where no page says it, an issue of somebody who met it,
`GitHub: hashicorp/terraform-provider-aws#73`. Several are parted by a semicolon.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SUITE = Path(__file__).parent
_DOCS = "https://docs.aws.amazon.com"
_API_CALLS = "API_"
BOOKS = {
    "CloudFormation API": f"{_DOCS}/AWSCloudFormation/latest/APIReference",
    "CloudFormation Reference": f"{_DOCS}/AWSCloudFormation/latest/TemplateReference",
    "CloudTrail Guide": f"{_DOCS}/awscloudtrail/latest/userguide",
    "DynamoDB Guide": f"{_DOCS}/amazondynamodb/latest/developerguide",
    "EC2 API": f"{_DOCS}/AWSEC2/latest/APIReference",
    "EC2 Guide": f"{_DOCS}/AWSEC2/latest/UserGuide",
    "Elastic Load Balancing Guide": f"{_DOCS}/elasticloadbalancing/latest/application",
    "EventBridge API": f"{_DOCS}/eventbridge/latest/APIReference",
    "EventBridge Guide": f"{_DOCS}/eventbridge/latest/userguide",
    "GitHub": "https://github.com",
    "IAM API": f"{_DOCS}/IAM/latest/APIReference",
    "IAM Guide": f"{_DOCS}/IAM/latest/UserGuide",
    "Lambda API": f"{_DOCS}/lambda/latest/api",
    "Lambda Guide": f"{_DOCS}/lambda/latest/dg",
    "Reachability Analyzer Guide": f"{_DOCS}/vpc/latest/reachability",
    "SNS API": f"{_DOCS}/sns/latest/api",
    "SNS Guide": f"{_DOCS}/sns/latest/dg",
    "SQS Guide": f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide",
    "STS API": f"{_DOCS}/STS/latest/APIReference",
    "Service Authorization Reference": f"{_DOCS}/service-authorization/latest/reference",
    "Service Quotas API": f"{_DOCS}/servicequotas/2019-06-24/apireference",
    "Step Functions API": f"{_DOCS}/step-functions/latest/apireference",
    "Step Functions Guide": f"{_DOCS}/step-functions/latest/dg",
    "Systems Manager API": f"{_DOCS}/systems-manager/latest/APIReference",
    "Systems Manager Guide": f"{_DOCS}/systems-manager/latest/userguide",
    "VPC Guide": f"{_DOCS}/vpc/latest/userguide",
    "VPC Peering Guide": f"{_DOCS}/vpc/latest/peering",
}
"""Where the pages of AWS's books are, and GitHub's issues."""


@dataclass(frozen=True)
class Source:
    """A page of one of AWS's books. In a book about an API a capital letter begins an operation or a type."""

    book: str
    page: str

    @classmethod
    def of(cls, text: str) -> Self:
        book, _, page = text.partition(": ")
        return cls(book, page)

    @property
    def link(self) -> str:
        if self.book == "GitHub":
            return f"[{self.page}]({BOOKS[self.book]}/{self.page.replace('#', '/issues/')})"
        operation = _API_CALLS if self.book.endswith(" API") and self.page[0].isupper() else ""
        return f"[{self.book}, {self.page}]({BOOKS[self.book]}/{operation}{self.page}.html)"


@dataclass(frozen=True)
class Rule:
    """One of AWS's rules: the test that states it, what its module is about, and where AWS says so."""

    subject: str
    test: str
    sources: tuple[Source, ...]


def rules() -> Iterator[Rule]:
    """Every rule of the suite, in the order of its modules."""
    for path in sorted(SUITE.rglob("test_*.py")):
        module = ast.parse(path.read_text())
        subject = (ast.get_docstring(module) or "").partition("\n")[0]
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield Rule(subject, node.name, _sources(ast.get_docstring(node) or ""))


def _sources(docstring: str) -> tuple[Source, ...]:
    return tuple(Source.of(text) for text in docstring.removesuffix(".").split("; "))
