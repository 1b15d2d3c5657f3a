# A member account kept from the management account: a second provider assumes the role that Organizations left there.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "access_key" {
  type = string
}

variable "secret_key" {
  type      = string
  sensitive = true
}

variable "member" {
  type = string
}

variable "title" {
  type    = string
  default = "Operations"
}

provider "aws" {
  region     = "us-east-1"
  access_key = var.access_key
  secret_key = var.secret_key

  endpoints {
    account = var.endpoint
    ec2     = var.endpoint
    iam     = var.endpoint
    sts     = var.endpoint
  }
}

provider "aws" {
  alias      = "member"
  region     = "us-east-1"
  access_key = var.access_key
  secret_key = var.secret_key

  assume_role {
    role_arn     = "arn:aws:iam::${var.member}:role/OrganizationAccountAccessRole"
    session_name = "terraform"
    duration     = "15m"
  }

  endpoints {
    account = var.endpoint
    ec2     = var.endpoint
    iam     = var.endpoint
    sts     = var.endpoint
  }
}

data "aws_caller_identity" "management" {}

data "aws_caller_identity" "member" {
  provider = aws.member
}

data "aws_regions" "member" {
  provider    = aws.member
  all_regions = true

  filter {
    name   = "opt-in-status"
    values = ["not-opted-in"]
  }
}

resource "aws_account_alternate_contact" "member" {
  provider               = aws.member
  alternate_contact_type = "OPERATIONS"
  name                   = "Ann"
  title                  = var.title
  email_address          = "ann@example.invalid"
  phone_number           = "+1 206 555 0100"
}

output "callers" {
  value = [data.aws_caller_identity.management.arn, data.aws_caller_identity.member.arn]
}

output "not_opted_in" {
  value = length(data.aws_regions.member.names)
}
