# An organization with a member that is set up from the inside: what a landing zone written in Terraform comes down to.

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

# The member, where it is there already: an import cannot wait for it to be created.
variable "existing" {
  type    = string
  default = ""
}

# What the second apply changes.
variable "title" {
  type    = string
  default = "On call"
}

variable "unit" {
  type    = string
  default = "Production"
}

variable "denied" {
  type    = list(string)
  default = ["organizations:LeaveOrganization"]
}

locals {
  config = "config.amazonaws.com"
  member = var.existing != "" ? var.existing : aws_organizations_account.member.id
}

provider "aws" {
  region     = "us-east-1"
  access_key = var.access_key
  secret_key = var.secret_key

  endpoints {
    account       = var.endpoint
    iam           = var.endpoint
    organizations = var.endpoint
    sts           = var.endpoint
  }
}

provider "aws" {
  alias      = "member"
  region     = "us-east-1"
  access_key = var.access_key
  secret_key = var.secret_key

  assume_role {
    role_arn     = "arn:aws:iam::${local.member}:role/OrganizationAccountAccessRole"
    session_name = "terraform"
  }

  endpoints {
    account       = var.endpoint
    iam           = var.endpoint
    organizations = var.endpoint
    sts           = var.endpoint
  }
}

resource "aws_organizations_organization" "own" {
  feature_set                   = "ALL"
  aws_service_access_principals = ["account.amazonaws.com", local.config]
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY", "TAG_POLICY"]

  # A member starts with a copy of the contact.
  depends_on = [aws_account_primary_contact.own]
}

resource "aws_account_primary_contact" "own" {
  full_name       = "Tidewater Robotics"
  address_line_1  = "14 Harbour Street"
  city            = "Seattle"
  state_or_region = "WA"
  postal_code     = "98101"
  country_code    = "US"
  phone_number    = "+12065550100"
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = "Workloads"
  parent_id = aws_organizations_organization.own.roots[0].id
}

resource "aws_organizations_organizational_unit" "production" {
  name      = var.unit
  parent_id = aws_organizations_organizational_unit.workloads.id
  tags      = { stage = "production" }
}

resource "aws_organizations_account" "member" {
  name              = "Greenhouse"
  email             = "greenhouse@tidewater.example"
  parent_id         = aws_organizations_organizational_unit.production.id
  close_on_deletion = true
  tags              = { team = "growers" }

  lifecycle {
    # Terraform cannot read it back.
    ignore_changes = [close_on_deletion]
  }
}

resource "aws_organizations_policy" "stays" {
  name        = "members-stay"
  description = "No account leaves by itself."
  type        = "SERVICE_CONTROL_POLICY"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = var.denied, Resource = "*" }]
  })

  depends_on = [aws_organizations_organization.own]
}

resource "aws_organizations_policy" "tags" {
  name    = "cost-centres"
  type    = "TAG_POLICY"
  content = jsonencode({ tags = { CostCentre = { tag_key = { "@@assign" = "CostCentre" } } } })

  depends_on = [aws_organizations_organization.own]
}

resource "aws_organizations_policy_attachment" "stays" {
  policy_id = aws_organizations_policy.stays.id
  target_id = aws_organizations_organizational_unit.production.id
}

resource "aws_organizations_policy_attachment" "tags" {
  policy_id = aws_organizations_policy.tags.id
  target_id = aws_organizations_organization.own.roots[0].id
}

resource "aws_organizations_delegated_administrator" "config" {
  account_id        = aws_organizations_account.member.id
  service_principal = local.config

  depends_on = [aws_organizations_organization.own]
}

resource "aws_account_primary_contact" "member" {
  provider       = aws.member
  full_name      = "Greenhouse Team"
  address_line_1 = "2 Main St"
  city           = "Auckland"
  postal_code    = "1010"
  country_code   = "NZ"
  phone_number   = "+6495550123"
}

resource "aws_account_alternate_contact" "member" {
  for_each               = toset(["BILLING", "OPERATIONS", "SECURITY"])
  provider               = aws.member
  alternate_contact_type = each.key
  name                   = "${each.key} Desk"
  title                  = var.title
  email_address          = "${lower(each.key)}@tidewater.example"
  phone_number           = "+1 206 555 0110"
}

resource "aws_account_region" "member" {
  provider    = aws.member
  region_name = "eu-south-1"
  enabled     = true
}

output "identifiers" {
  value = {
    organization = aws_organizations_organization.own.id
    root         = aws_organizations_organization.own.roots[0].id
    workloads    = aws_organizations_organizational_unit.workloads.id
    production   = aws_organizations_organizational_unit.production.id
    member       = aws_organizations_account.member.id
    stays        = aws_organizations_policy.stays.id
    tags         = aws_organizations_policy.tags.id
  }
}
