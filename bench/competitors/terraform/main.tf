# Peer two VPCs in two accounts with Terraform: a provider for each account, routes on every table, SSH and ICMP both ways.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "region" { type = string }
variable "endpoint_url" { type = string }

variable "requester" {
  type = object({
    account_id      = string, role_arn = string, vpc_id = string, cidr_block = string,
    route_table_ids = list(string), security_group_id = string
  })
}

variable "accepter" {
  type = object({
    account_id      = string, role_arn = string, vpc_id = string, cidr_block = string,
    route_table_ids = list(string), security_group_id = string
  })
}

locals {
  flows = {
    ssh  = { protocol = "tcp", from = 22, to = 22 }
    icmp = { protocol = "icmp", from = -1, to = -1 }
  }
}

provider "aws" {
  alias  = "requester"
  region = var.region
  assume_role { role_arn = var.requester.role_arn }
  endpoints {
    ec2 = var.endpoint_url
    sts = var.endpoint_url
  }
}

provider "aws" {
  alias  = "accepter"
  region = var.region
  assume_role { role_arn = var.accepter.role_arn }
  endpoints {
    ec2 = var.endpoint_url
    sts = var.endpoint_url
  }
}

resource "aws_vpc_peering_connection" "this" {
  provider      = aws.requester
  vpc_id        = var.requester.vpc_id
  peer_vpc_id   = var.accepter.vpc_id
  peer_owner_id = var.accepter.account_id
}

resource "aws_vpc_peering_connection_accepter" "this" {
  provider                  = aws.accepter
  vpc_peering_connection_id = aws_vpc_peering_connection.this.id
  auto_accept               = true
}

resource "aws_route" "requester" {
  provider                  = aws.requester
  for_each                  = toset(var.requester.route_table_ids)
  route_table_id            = each.value
  destination_cidr_block    = var.accepter.cidr_block
  vpc_peering_connection_id = aws_vpc_peering_connection_accepter.this.id
}

resource "aws_route" "accepter" {
  provider                  = aws.accepter
  for_each                  = toset(var.accepter.route_table_ids)
  route_table_id            = each.value
  destination_cidr_block    = var.requester.cidr_block
  vpc_peering_connection_id = aws_vpc_peering_connection_accepter.this.id
}

resource "aws_vpc_security_group_ingress_rule" "requester" {
  provider          = aws.requester
  for_each          = local.flows
  security_group_id = var.requester.security_group_id
  cidr_ipv4         = var.accepter.cidr_block
  ip_protocol       = each.value.protocol
  from_port         = each.value.from
  to_port           = each.value.to
}

resource "aws_vpc_security_group_egress_rule" "requester" {
  provider          = aws.requester
  for_each          = local.flows
  security_group_id = var.requester.security_group_id
  cidr_ipv4         = var.accepter.cidr_block
  ip_protocol       = each.value.protocol
  from_port         = each.value.from
  to_port           = each.value.to
}

resource "aws_vpc_security_group_ingress_rule" "accepter" {
  provider          = aws.accepter
  for_each          = local.flows
  security_group_id = var.accepter.security_group_id
  cidr_ipv4         = var.requester.cidr_block
  ip_protocol       = each.value.protocol
  from_port         = each.value.from
  to_port           = each.value.to
}

resource "aws_vpc_security_group_egress_rule" "accepter" {
  provider          = aws.accepter
  for_each          = local.flows
  security_group_id = var.accepter.security_group_id
  cidr_ipv4         = var.requester.cidr_block
  ip_protocol       = each.value.protocol
  from_port         = each.value.from
  to_port           = each.value.to
}
