# A trail of an account, and the organization's, with all that Terraform knows of them.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" { type = string }
variable "member" { default = "" }
variable "validated" { default = true }

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "111122223333"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    cloudtrail    = var.endpoint
    organizations = var.endpoint
    iam           = var.endpoint
    sts           = var.endpoint
  }
}

resource "aws_organizations_organization" "this" {
  feature_set                   = "ALL"
  aws_service_access_principals = ["cloudtrail.amazonaws.com"]
}

resource "aws_cloudtrail" "own" {
  name                          = "own"
  s3_bucket_name                = "trail-logs"
  s3_key_prefix                 = "own"
  include_global_service_events = false
  enable_log_file_validation    = var.validated
  enable_logging                = true

  event_selector {
    read_write_type           = "WriteOnly"
    include_management_events = true

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::source/"]
    }
  }

  tags = { team = "blue" }
}

resource "aws_cloudtrail" "organization" {
  name                  = "all"
  s3_bucket_name        = "trail-logs"
  is_organization_trail = true
  is_multi_region_trail = true

  advanced_event_selector {
    name = "changes"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
    field_selector {
      field  = "readOnly"
      equals = ["false"]
    }
  }

  insight_selector {
    insight_type = "ApiCallRateInsight"
  }

  depends_on = [aws_organizations_organization.this]
}
