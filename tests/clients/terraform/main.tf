# Every resource and data source that version 5 of Terraform's AWS provider has for Account Management.

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

variable "member" {
  type = string
}

# What the second apply changes.
variable "title" {
  type    = string
  default = "Operations"
}

variable "city" {
  type    = string
  default = "Seattle"
}

variable "enabled" {
  type    = bool
  default = true
}

provider "aws" {
  region     = "us-east-1"
  access_key = "111111111111"
  secret_key = "test"

  endpoints {
    account = var.endpoint
    sts     = var.endpoint
    iam     = var.endpoint
  }
}

data "aws_caller_identity" "current" {}

data "aws_account_primary_contact" "own" {
  depends_on = [aws_account_primary_contact.own]
}

resource "aws_account_primary_contact" "own" {
  full_name          = "Jane Doe"
  address_line_1     = "1 Main St"
  address_line_2     = "Floor 2"
  city               = var.city
  state_or_region    = "WA"
  district_or_county = "King"
  postal_code        = "98101"
  country_code       = "US"
  phone_number       = "+12065550123"
  company_name       = "Example Corp"
  website_url        = "https://example.invalid"
}

resource "aws_account_primary_contact" "member" {
  account_id     = var.member
  full_name      = "John Doe"
  address_line_1 = "2 Main St"
  city           = var.city
  postal_code    = "1010"
  country_code   = "NZ"
  phone_number   = "+6495550123"
}

resource "aws_account_alternate_contact" "own" {
  alternate_contact_type = "OPERATIONS"
  name                   = "Ops"
  title                  = var.title
  email_address          = "ops@example.invalid"
  phone_number           = "+17031235555"
}

resource "aws_account_alternate_contact" "member" {
  account_id             = var.member
  alternate_contact_type = "SECURITY"
  name                   = "Sec"
  title                  = var.title
  email_address          = "sec@example.invalid"
  phone_number           = "+17031235556"
}

resource "aws_account_region" "own" {
  region_name = "ap-southeast-3"
  enabled     = var.enabled
}

resource "aws_account_region" "member" {
  account_id  = var.member
  region_name = "eu-south-1"
  enabled     = var.enabled
}

output "caller" {
  value = data.aws_caller_identity.current.arn
}

output "city" {
  value = data.aws_account_primary_contact.own.city
}
