terraform {
  required_providers {
    kakaocloud = {
      source = "kakaoenterprise/kakaocloud"
    }
  }
}

variable "gateway" {
  type = string
}

variable "step" {
  type    = number
  default = 0
}

provider "kakaocloud" {
  endpoint_overrides = {
    iam    = var.gateway
    config = var.gateway
  }
}
