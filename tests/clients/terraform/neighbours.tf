# What Terraform's AWS provider asks of the services beside IAM: central root access, Service Quotas and the Tagging API.

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
variable "features" {
  type    = list(string)
  default = ["RootCredentialsManagement"]
}
variable "roles" {
  type    = number
  default = 1100
}

provider "aws" {
  region     = "us-east-1"
  access_key = "111122223333"
  secret_key = "test"

  endpoints {
    ec2                      = var.endpoint
    iam                      = var.endpoint
    organizations            = var.endpoint
    resourcegroupstaggingapi = var.endpoint
    servicequotas            = var.endpoint
    sts                      = var.endpoint
  }
}

resource "aws_organizations_organization" "company" {
  aws_service_access_principals = ["iam.amazonaws.com"]
  feature_set                   = "ALL"
}
resource "aws_iam_organizations_features" "root" {
  enabled_features = var.features
  depends_on       = [aws_organizations_organization.company]
}
resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "web"
}
resource "aws_iam_policy" "contacts" {
  name   = "contacts"
  path   = "/team/"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "account:Get*", Resource = "*" }] })
  tags   = { team = "blue" }
}
resource "aws_servicequotas_service_quota" "roles" {
  service_code = "iam"
  quota_code   = "L-FE177D64"
  value        = var.roles
}

data "aws_iam_policy" "contacts" {
  name       = "contacts"
  depends_on = [aws_iam_policy.contacts]
}
data "aws_servicequotas_service" "iam" { service_name = "AWS Identity and Access Management (IAM)" }
data "aws_servicequotas_service_quota" "users" {
  service_code = "iam"
  quota_name   = "Users per account"
}
data "aws_resourcegroupstaggingapi_resources" "blue" {
  tag_filter {
    key    = "team"
    values = ["blue"]
  }
  depends_on = [aws_iam_policy.contacts]
}
data "aws_availability_zones" "all" {}

output "policy" { value = data.aws_iam_policy.contacts.arn }
output "service" { value = data.aws_servicequotas_service.iam.service_code }
output "users" { value = data.aws_servicequotas_service_quota.users.value }
output "blue" { value = data.aws_resourcegroupstaggingapi_resources.blue.resource_tag_mapping_list[*].resource_arn }
output "zones" { value = data.aws_availability_zones.all.names }
