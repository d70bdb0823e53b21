"""CloudFormation as it deploys a real template: the SAM transform, and nothing silently skipped."""

from localcloud.cloudformation import functions, properties, stacks, state_machines, templates, updates

__all__ = ["functions", "install", "properties", "stacks", "state_machines", "templates", "updates"]

install = stacks.install
