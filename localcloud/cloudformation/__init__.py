"""CloudFormation as it deploys a real template: the SAM transform, and nothing silently skipped."""

from localcloud.cloudformation import functions, properties, sam_transform, stacks, state_machines

__all__ = ["functions", "install", "properties", "sam_transform", "stacks", "state_machines"]

install = stacks.install
