"""Step Functions: moto's interpreter with JSONata, roles and task tokens."""
