# Terraform's resources for providers of identities and for the credentials of people, as far as the other configurations
# do not have them.

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
variable "version_of_tokens" {
  type    = string
  default = "v2Token"
}
variable "length" {
  type    = number
  default = 14
}
variable "status" {
  type    = string
  default = "Active"
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

resource "aws_iam_openid_connect_provider" "github" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
  tags            = { team = "blue" }
}
resource "aws_iam_saml_provider" "company" {
  name                   = "company"
  saml_metadata_document = file("metadata.xml")
  tags                   = { team = "blue" }
}
resource "aws_iam_user" "ann" {
  name = "ann"
}
resource "aws_iam_user_login_profile" "ann" {
  user                    = aws_iam_user.ann.name
  password_length         = 24
  password_reset_required = true

  lifecycle {
    # AWS does not tell them.
    ignore_changes = [password_length, password_reset_required]
  }
}
resource "aws_iam_virtual_mfa_device" "phone" {
  virtual_mfa_device_name = "phone"
  path                    = "/people/"
}
resource "aws_iam_user_ssh_key" "ann" {
  username   = aws_iam_user.ann.name
  encoding   = "SSH"
  public_key = trimspace(file("ssh.pub"))
  status     = var.status
}
resource "aws_iam_signing_certificate" "ann" {
  user_name        = aws_iam_user.ann.name
  certificate_body = file("certificate.pem")
  status           = var.status
}
resource "aws_iam_server_certificate" "site" {
  name             = "site"
  path             = "/sites/"
  certificate_body = file("certificate.pem")
  private_key      = file("key.pem")

  lifecycle {
    # AWS does not tell it.
    ignore_changes = [private_key]
  }
}
resource "aws_iam_service_specific_credential" "ann" {
  user_name    = aws_iam_user.ann.name
  service_name = "codecommit.amazonaws.com"
  status       = var.status
}
resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = var.length
  require_numbers                = true
  require_symbols                = true
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  allow_users_to_change_password = true
}
resource "aws_iam_security_token_service_preferences" "own" {
  global_endpoint_token_version = var.version_of_tokens
}
resource "aws_iam_role" "machine" {
  name               = "machine"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_instance_profile" "machine" {
  name = "machine"
  role = aws_iam_role.machine.name
  tags = { team = "blue" }
}

data "aws_iam_policy" "kept_by_aws" { name = "SecurityAudit" }
data "aws_iam_openid_connect_provider" "github" { arn = aws_iam_openid_connect_provider.github.arn }
data "aws_iam_saml_provider" "company" { arn = aws_iam_saml_provider.company.arn }
data "aws_iam_server_certificate" "site" { name = aws_iam_server_certificate.site.name }
data "aws_iam_instance_profile" "machine" { name = aws_iam_instance_profile.machine.name }
data "aws_iam_user_ssh_key" "ann" {
  username          = aws_iam_user.ann.name
  ssh_public_key_id = aws_iam_user_ssh_key.ann.ssh_public_key_id
  encoding          = "SSH"
}

output "told" {
  value = {
    policy      = data.aws_iam_policy.kept_by_aws.arn
    provider    = data.aws_iam_openid_connect_provider.github.url
    company     = data.aws_iam_saml_provider.company.arn
    certificate = data.aws_iam_server_certificate.site.path
    profile     = data.aws_iam_instance_profile.machine.role_name
    key         = data.aws_iam_user_ssh_key.ann.status
    device      = aws_iam_virtual_mfa_device.phone.arn
  }
}
output "ids" {
  value = {
    ssh        = aws_iam_user_ssh_key.ann.ssh_public_key_id
    signing    = aws_iam_signing_certificate.ann.certificate_id
    credential = aws_iam_service_specific_credential.ann.service_specific_credential_id
  }
}
output "secrets" {
  value     = [aws_iam_user_login_profile.ann.password, aws_iam_virtual_mfa_device.phone.base_32_string_seed]
  sensitive = true
}
