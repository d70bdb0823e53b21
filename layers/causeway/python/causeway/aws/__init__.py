"""The edge: the only modules that import boto3. They read, write and translate errors; they decide nothing."""
