# The resources and data sources that Terraform's AWS provider has for the part of IAM that accountd answers.

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

# What the second apply changes.
variable "action" {
  type    = string
  default = "account:*Contact*"
}

variable "description" {
  type    = string
  default = "Audits"
}

provider "aws" {
  region     = "us-east-1"
  access_key = "111122223333"
  secret_key = "test"

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }
}

resource "aws_iam_policy" "contacts" {
  name        = "contacts"
  path        = "/team/"
  description = "Contacts"
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = var.action, Resource = "*" }] })
  tags        = { team = "blue" }
}
resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
resource "aws_iam_role" "auditor" {
  name                 = "Auditor"
  path                 = "/team/"
  description          = var.description
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_user.ann.arn }, Action = "sts:AssumeRole" }] })
  tags                 = { team = "blue", Env = "test" }
}
resource "aws_iam_role_policy" "inline" {
  name   = "inline"
  role   = aws_iam_role.auditor.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iam:Get*", Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "contacts" {
  role       = aws_iam_role.auditor.name
  policy_arn = aws_iam_policy.contacts.arn
}
resource "aws_iam_user" "ann" {
  name                 = "ann"
  path                 = "/people/"
  permissions_boundary = aws_iam_policy.boundary.arn
  tags                 = { team = "blue" }
}
resource "aws_iam_user" "bob" {
  name          = "bob"
  force_destroy = true
}
resource "aws_iam_user_policy" "inline" {
  name   = "inline"
  user   = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iam:Get*", Resource = "*" }] })
}
resource "aws_iam_user_policy_attachment" "administrator" {
  user       = aws_iam_user.ann.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_access_key" "ann" { user = aws_iam_user.ann.name }
resource "aws_iam_access_key" "bob" {
  user   = aws_iam_user.bob.name
  status = "Inactive"
}
resource "aws_iam_group" "devs" {
  name = "devs"
  path = "/people/"
}
resource "aws_iam_group_policy" "inline" {
  name   = "inline"
  group  = aws_iam_group.devs.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iam:Get*", Resource = "*" }] })
}
resource "aws_iam_group_policy_attachment" "contacts" {
  group      = aws_iam_group.devs.name
  policy_arn = aws_iam_policy.contacts.arn
}
resource "aws_iam_group_membership" "devs" {
  name  = "devs"
  group = aws_iam_group.devs.name
  users = [aws_iam_user.ann.name, aws_iam_user.bob.name]
}
resource "aws_iam_account_alias" "alias" { account_alias = "tidewater" }
resource "aws_iam_policy_attachment" "read" {
  name       = "all"
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
  users      = [aws_iam_user.bob.name]
  groups     = [aws_iam_group.devs.name]
}
resource "aws_iam_service_linked_role" "organizations" { aws_service_name = "organizations.amazonaws.com" }
data "aws_iam_policy" "admin" { name = "AdministratorAccess" }
data "aws_iam_role" "auditor" { name = aws_iam_role.auditor.name }
data "aws_iam_roles" "all" { path_prefix = "/team/" }
data "aws_iam_principal_policy_simulation" "ann" {
  action_names      = ["iam:GetUser"]
  policy_source_arn = aws_iam_user.ann.arn
  depends_on        = [aws_iam_user_policy.inline]
}
output "sim" { value = data.aws_iam_principal_policy_simulation.ann.all_allowed }
