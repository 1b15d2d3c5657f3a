//! Which service-linked roles there are: for each service the name of its role and the policy on it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>

use super::service_linked_role::PATH_PREFIX;
use crate::authority::managed::AWS_MANAGED_PREFIX;

/// A service and its role.
#[derive(Clone, Copy)]
pub struct Linked {
    /// The service principal.
    pub service: &'static str,
    name: &'static str,
    policy: &'static str,
    /// Whether an account may have several of these roles, which a suffix tells apart.
    pub takes_suffix: bool,
}

impl Linked {
    /// The name of the role without a suffix.
    pub fn role_name(self) -> String {
        format!("AWSServiceRoleFor{}", self.name)
    }

    /// The path of the role.
    pub fn path(self) -> String {
        format!("{PATH_PREFIX}{}/", self.service)
    }

    /// The ARN of the policy on the role.
    pub fn policy_arn(self) -> String {
        format!("{AWS_MANAGED_PREFIX}aws-service-role/{}", self.policy)
    }

    /// What the role is for, where AWS says so by itself (recorded).
    pub fn description(self) -> &'static str {
        match self.service {
            "rds.amazonaws.com" => "Allows Amazon RDS to manage AWS resources on your behalf",
            "ssm.amazonaws.com" => "Provides access to AWS Resources managed or used by Amazon SSM.",
            "sso.amazonaws.com" => {
                "Service-linked role used by AWS SSO to manage AWS resources, including IAM roles, policies and SAML \
                 IdP on your behalf."
            }
            _ => "",
        }
    }
}

/// The role of a service.
pub fn find(service: &str) -> Option<Linked> {
    let place = LINKED.binary_search_by_key(&service, |(service, ..)| *service).ok()?;
    let (service, name, policy, takes_suffix) = LINKED[place];
    Some(Linked { service, name, policy, takes_suffix })
}

const SUFFIX: bool = true;
const PLAIN: bool = false;

/// F-IAMAPI-SLR-6: services with what follows `AWSServiceRoleFor` in the name of their role, the policy on it, and whether a
/// suffix is taken, in the order of services. Those of 71 services were recorded; the others follow AWS's guides, and
/// whether they take a suffix is *assumed*.
const LINKED: &[(&str, &str, &str, bool)] = &[
    ("access-analyzer.amazonaws.com", "AccessAnalyzer", "AccessAnalyzerServiceRolePolicy", PLAIN),
    (
        "accountdiscovery.ssm.amazonaws.com",
        "AmazonSSM_AccountDiscovery",
        "AWSSystemsManagerAccountDiscoveryServicePolicy",
        PLAIN,
    ),
    ("acm.amazonaws.com", "CertificateManager", "CertificateManagerServiceRolePolicy", PLAIN),
    (
        "agentless.inspector2.amazonaws.com",
        "AmazonInspector2Agentless",
        "AmazonInspector2AgentlessServiceRolePolicy",
        PLAIN,
    ),
    ("airflow.amazonaws.com", "AmazonMWAA", "AmazonMWAAServiceRolePolicy", PLAIN),
    ("appmesh.amazonaws.com", "AppMesh", "AWSAppMeshServiceRolePolicy", PLAIN),
    ("auditmanager.amazonaws.com", "AuditManager", "AWSAuditManagerServiceRolePolicy", PLAIN),
    (
        "autoscaling-plans.amazonaws.com",
        "AutoScalingPlans_EC2AutoScaling",
        "AWSAutoScalingPlansEC2AutoScalingPolicy",
        PLAIN,
    ),
    ("autoscaling.amazonaws.com", "AutoScaling", "AutoScalingServiceRolePolicy", SUFFIX),
    ("backup.amazonaws.com", "Backup", "AWSBackupServiceLinkedRolePolicyForBackup", PLAIN),
    ("batch.amazonaws.com", "Batch", "BatchServiceRolePolicy", PLAIN),
    (
        "cassandra.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_CassandraTable",
        "AWSApplicationAutoscalingCassandraTablePolicy",
        PLAIN,
    ),
    (
        "cks.kms.amazonaws.com",
        "KeyManagementServiceCustomKeyStores",
        "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
        PLAIN,
    ),
    ("cloud9.amazonaws.com", "AWSCloud9", "AWSCloud9ServiceRolePolicy", PLAIN),
    ("cloudhsm.amazonaws.com", "CloudHSM", "CloudHSMServiceRolePolicy", PLAIN),
    ("cloudtrail.amazonaws.com", "CloudTrail", "CloudTrailServiceRolePolicy", PLAIN),
    (
        "codestar-notifications.amazonaws.com",
        "CodeStarNotifications",
        "AWSCodeStarNotificationsServiceRolePolicy",
        PLAIN,
    ),
    ("compute-optimizer.amazonaws.com", "ComputeOptimizer", "ComputeOptimizerServiceRolePolicy", PLAIN),
    ("config-conforms.amazonaws.com", "ConfigConforms", "ConfigConformsServiceRolePolicy", PLAIN),
    (
        "config-multiaccountsetup.amazonaws.com",
        "ConfigMultiAccountSetup",
        "AWSConfigMultiAccountSetupPolicy",
        PLAIN,
    ),
    ("config.amazonaws.com", "Config", "AWSConfigServiceRolePolicy", PLAIN),
    ("connect.amazonaws.com", "AmazonConnect", "AmazonConnectServiceLinkedRolePolicy", SUFFIX),
    ("controltower.amazonaws.com", "AWSControlTower", "AWSControlTowerAccountServiceRolePolicy", PLAIN),
    (
        "cost-optimization-hub.bcm.amazonaws.com",
        "CostOptimizationHub",
        "CostOptimizationHubServiceRolePolicy",
        PLAIN,
    ),
    ("dax.amazonaws.com", "DAX", "DAXServiceRolePolicy", PLAIN),
    ("delivery.logs.amazonaws.com", "LogDelivery", "AWSServiceRoleForLogDeliveryPolicy", PLAIN),
    ("detective.amazonaws.com", "Detective", "AmazonDetectiveServiceLinkedRolePolicy", PLAIN),
    ("dms-fleet-advisor.amazonaws.com", "DMSFleetAdvisor", "AWSDMSFleetAdvisorServiceRolePolicy", PLAIN),
    ("dms.amazonaws.com", "DMSServerless", "AWSDMSServerlessServiceRolePolicy", PLAIN),
    ("docdb-elastic.amazonaws.com", "DocDB-Elastic", "AmazonDocDB-ElasticServiceRolePolicy", PLAIN),
    (
        "dynamodb.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_DynamoDBTable",
        "AWSApplicationAutoscalingDynamoDBTablePolicy",
        PLAIN,
    ),
    ("ec2-instance-connect.amazonaws.com", "Ec2InstanceConnect", "Ec2InstanceConnectEndpoint", PLAIN),
    (
        "ec2.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_EC2SpotFleetRequest",
        "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy",
        PLAIN,
    ),
    ("ec2fleet.amazonaws.com", "EC2Fleet", "AWSEC2FleetServiceRolePolicy", PLAIN),
    ("ecr.amazonaws.com", "ECRTemplate", "ECRTemplateServiceRolePolicy", PLAIN),
    ("ecs.amazonaws.com", "ECS", "AmazonECSServiceRolePolicy", PLAIN),
    (
        "ecs.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_ECSService",
        "AWSApplicationAutoscalingECSServicePolicy",
        PLAIN,
    ),
    ("eks-connector.amazonaws.com", "AmazonEKSConnector", "AmazonEKSConnectorServiceRolePolicy", PLAIN),
    ("eks-fargate.amazonaws.com", "AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy", PLAIN),
    ("eks-nodegroup.amazonaws.com", "AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup", PLAIN),
    ("eks.amazonaws.com", "AmazonEKS", "AmazonEKSServiceRolePolicy", PLAIN),
    ("elasticache.amazonaws.com", "ElastiCache", "ElastiCacheServiceRolePolicy", PLAIN),
    (
        "elasticache.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_ElastiCacheRG",
        "AWSApplicationAutoscalingElastiCacheRGPolicy",
        PLAIN,
    ),
    ("elasticbeanstalk.amazonaws.com", "ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy", PLAIN),
    (
        "elasticfilesystem.amazonaws.com",
        "AmazonElasticFileSystem",
        "AmazonElasticFileSystemServiceRolePolicy",
        PLAIN,
    ),
    (
        "elasticloadbalancing.amazonaws.com",
        "ElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
        PLAIN,
    ),
    ("elasticmapreduce.amazonaws.com", "EMRCleanup", "AmazonEMRCleanupPolicy", SUFFIX),
    (
        "email.cognito-idp.amazonaws.com",
        "AmazonCognitoIdpEmailService",
        "AmazonCognitoIdpEmailServiceRolePolicy",
        PLAIN,
    ),
    ("emr-containers.amazonaws.com", "AmazonEMRContainers", "AmazonEMRContainersServiceRolePolicy", PLAIN),
    ("emrwal.amazonaws.com", "EMRWAL", "EMRDescribeClusterPolicyForEMRWAL", PLAIN),
    ("es.amazonaws.com", "AmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy", PLAIN),
    ("events.amazonaws.com", "CloudWatchEvents", "CloudWatchEventsServiceRolePolicy", PLAIN),
    ("fis.amazonaws.com", "FIS", "AmazonFISServiceRolePolicy", PLAIN),
    ("fms.amazonaws.com", "FMS", "FMSServiceRolePolicy", PLAIN),
    ("fsx.amazonaws.com", "AmazonFSx", "AmazonFSxServiceRolePolicy", PLAIN),
    ("globalaccelerator.amazonaws.com", "GlobalAccelerator", "AWSGlobalAcceleratorSLRPolicy", PLAIN),
    ("grafana.amazonaws.com", "AmazonGrafana", "AmazonGrafanaServiceLinkedRolePolicy", PLAIN),
    ("guardduty.amazonaws.com", "AmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy", PLAIN),
    ("health.amazonaws.com", "Health_Organizations", "Health_OrganizationsServiceRolePolicy", PLAIN),
    ("imagebuilder.amazonaws.com", "ImageBuilder", "AWSServiceRoleForImageBuilder", PLAIN),
    ("inspector.amazonaws.com", "AmazonInspector", "AmazonInspectorServiceRolePolicy", PLAIN),
    ("inspector2.amazonaws.com", "AmazonInspector2", "AmazonInspector2ServiceRolePolicy", PLAIN),
    (
        "iotmanagedintegrations.amazonaws.com",
        "IoTManagedIntegrations",
        "AWSIoTManagedIntegrationsRolePolicy",
        PLAIN,
    ),
    ("ipam.amazonaws.com", "IPAM", "AWSIPAMServiceRolePolicy", PLAIN),
    ("kafka.amazonaws.com", "Kafka", "KafkaServiceRolePolicy", PLAIN),
    ("kafkaconnect.amazonaws.com", "KafkaConnect", "KafkaConnectServiceRolePolicy", PLAIN),
    (
        "lakeformation.amazonaws.com",
        "LakeFormationDataAccess",
        "LakeFormationDataAccessServiceRolePolicy",
        PLAIN,
    ),
    (
        "lambda.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_LambdaConcurrency",
        "AWSApplicationAutoscalingLambdaConcurrencyPolicy",
        PLAIN,
    ),
    ("lex.amazonaws.com", "LexBots", "AmazonLexBotPolicy", PLAIN),
    ("lexv2.amazonaws.com", "LexV2Bots", "AmazonLexV2BotPolicy", SUFFIX),
    ("license-manager.amazonaws.com", "AWSLicenseManagerRole", "AWSLicenseManagerServiceRolePolicy", PLAIN),
    ("lightsail.amazonaws.com", "Lightsail", "LightsailExportAccess", PLAIN),
    ("logger.cloudfront.amazonaws.com", "CloudFrontLogger", "AWSCloudFrontLogger", PLAIN),
    ("m2.amazonaws.com", "AWSM2", "AWSM2ServicePolicy", PLAIN),
    ("macie.amazonaws.com", "AmazonMacie", "AmazonMacieServiceRolePolicy", PLAIN),
    (
        "malware-protection.guardduty.amazonaws.com",
        "AmazonGuardDutyMalwareProtection",
        "AmazonGuardDutyMalwareProtectionServiceRolePolicy",
        PLAIN,
    ),
    (
        "managedupdates.elasticbeanstalk.amazonaws.com",
        "ElasticBeanstalkManagedUpdates",
        "AWSElasticBeanstalkManagedUpdatesServiceRolePolicy",
        PLAIN,
    ),
    ("management.chatbot.amazonaws.com", "AWSChatbot", "AWSChatbotServiceLinkedRolePolicy", PLAIN),
    (
        "member.org.stacksets.cloudformation.amazonaws.com",
        "CloudFormationStackSetsOrgMember",
        "CloudFormationStackSetsOrgMemberServiceRolePolicy",
        PLAIN,
    ),
    ("memorydb.amazonaws.com", "MemoryDB", "MemoryDBServiceRolePolicy", PLAIN),
    ("mq.amazonaws.com", "AmazonMQ", "AmazonMQServiceRolePolicy", PLAIN),
    (
        "mrk.kms.amazonaws.com",
        "KeyManagementServiceMultiRegionKeys",
        "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
        PLAIN,
    ),
    ("network-firewall.amazonaws.com", "NetworkFirewall", "AWSNetworkFirewallServiceRolePolicy", PLAIN),
    ("networkmanager.amazonaws.com", "NetworkManager", "AWSNetworkManagerServiceRolePolicy", PLAIN),
    (
        "notifications.amazonaws.com",
        "AwsUserNotifications",
        "AWSUserNotificationsServiceLinkedRolePolicy",
        PLAIN,
    ),
    (
        "observability.aoss.amazonaws.com",
        "AmazonOpenSearchServerless",
        "AmazonOpenSearchServerlessServiceRolePolicy",
        PLAIN,
    ),
    (
        "opensearchservice.amazonaws.com",
        "AmazonOpenSearchService",
        "AmazonOpenSearchServiceRolePolicy",
        PLAIN,
    ),
    ("ops.apigateway.amazonaws.com", "APIGateway", "APIGatewayServiceRolePolicy", PLAIN),
    (
        "ops.emr-serverless.amazonaws.com",
        "AmazonEMRServerless",
        "AmazonEMRServerlessServiceRolePolicy",
        PLAIN,
    ),
    (
        "opsdatasync.ssm.amazonaws.com",
        "SystemsManagerOpsDataSync",
        "AWSSystemsManagerOpsDataSyncServiceRolePolicy",
        PLAIN,
    ),
    ("opsinsights.ssm.amazonaws.com", "AmazonSSM_OpsInsights", "AWSSSMOpsInsightsServiceRolePolicy", PLAIN),
    ("organizations.amazonaws.com", "Organizations", "AWSOrganizationsServiceTrustPolicy", PLAIN),
    ("outposts.amazonaws.com", "Outposts", "AWSOutpostsServiceRolePolicy", PLAIN),
    (
        "pullthroughcache.ecr.amazonaws.com",
        "ECRPullThroughCache",
        "AWSECRPullThroughCache_ServiceRolePolicy",
        PLAIN,
    ),
    ("ram.amazonaws.com", "ResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy", PLAIN),
    ("rds.amazonaws.com", "RDS", "AmazonRDSServiceRolePolicy", PLAIN),
    (
        "rds.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_RDSCluster",
        "AWSApplicationAutoscalingRDSClusterPolicy",
        PLAIN,
    ),
    ("redshift.amazonaws.com", "Redshift", "AmazonRedshiftServiceLinkedRolePolicy", PLAIN),
    ("remediation.config.amazonaws.com", "ConfigRemediation", "AWSConfigRemediationServiceRolePolicy", PLAIN),
    (
        "replication.cassandra.amazonaws.com",
        "KeyspacesReplication",
        "KeyspacesReplicationServiceRolePolicy",
        PLAIN,
    ),
    (
        "replication.dynamodb.amazonaws.com",
        "DynamoDBReplication",
        "DynamoDBReplicationServiceRolePolicy",
        PLAIN,
    ),
    ("replication.ecr.amazonaws.com", "ECRReplication", "ECRReplicationServiceRolePolicy", PLAIN),
    ("replicator.lambda.amazonaws.com", "LambdaReplicator", "AWSLambdaReplicator", PLAIN),
    (
        "reporting.trustedadvisor.amazonaws.com",
        "TrustedAdvisorReporting",
        "AWSTrustedAdvisorReportingServiceRolePolicy",
        PLAIN,
    ),
    ("repository.sync.codeconnections.amazonaws.com", "GitSync", "AWSGitSyncServiceRolePolicy", PLAIN),
    ("resource-explorer-2.amazonaws.com", "ResourceExplorer", "AWSResourceExplorerServiceRolePolicy", PLAIN),
    ("rolesanywhere.amazonaws.com", "RolesAnywhere", "AWSRolesAnywhereServicePolicy", PLAIN),
    ("route53resolver.amazonaws.com", "Route53Resolver", "Route53ResolverServiceRolePolicy", PLAIN),
    ("s3-outposts.amazonaws.com", "S3OnOutposts", "AWSS3OnOutpostsServiceRolePolicy", PLAIN),
    ("securityhub.amazonaws.com", "SecurityHub", "AWSSecurityHubServiceRolePolicy", PLAIN),
    ("securitylake.amazonaws.com", "SecurityLake", "SecurityLakeServiceLinkedRole", PLAIN),
    ("servicequotas.amazonaws.com", "ServiceQuotas", "ServiceQuotasServiceRolePolicy", PLAIN),
    ("ses.amazonaws.com", "AmazonSES", "AmazonSESServiceRolePolicy", PLAIN),
    ("shield.amazonaws.com", "AWSShield", "AWSShieldServiceRolePolicy", PLAIN),
    ("spot.amazonaws.com", "EC2Spot", "AWSEC2SpotServiceRolePolicy", PLAIN),
    ("spotfleet.amazonaws.com", "EC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy", PLAIN),
    ("ssm-incidents.amazonaws.com", "IncidentManager", "AWSIncidentManagerServiceRolePolicy", PLAIN),
    ("ssm-quicksetup.amazonaws.com", "SSMQuickSetup", "SSMQuickSetupRolePolicy", PLAIN),
    ("ssm.amazonaws.com", "AmazonSSM", "AmazonSSMServiceRolePolicy", PLAIN),
    ("sso.amazonaws.com", "SSO", "AWSSSOServiceRolePolicy", PLAIN),
    (
        "stacksets.cloudformation.amazonaws.com",
        "CloudFormationStackSetsOrgAdmin",
        "CloudFormationStackSetsOrgAdminServiceRolePolicy",
        PLAIN,
    ),
    ("support.amazonaws.com", "Support", "AWSSupportServiceRolePolicy", PLAIN),
    ("transitgateway.amazonaws.com", "VPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy", PLAIN),
    ("trustedadvisor.amazonaws.com", "TrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy", PLAIN),
    ("vpc-lattice.amazonaws.com", "VpcLattice", "AWSVpcLatticeServiceRolePolicy", PLAIN),
    (
        "vpcorigin.cloudfront.amazonaws.com",
        "CloudFrontVPCOrigin",
        "AWSCloudFrontVPCOriginServiceRolePolicy",
        PLAIN,
    ),
    ("waf.amazonaws.com", "WAFLogging", "WAFLoggingServiceRolePolicy", PLAIN),
    ("wafv2.amazonaws.com", "WAFV2Logging", "WAFV2LoggingServiceRolePolicy", PLAIN),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::managed::AwsManaged;

    /// F-IAMAPI-SLR-6
    #[test]
    fn every_service_is_found_and_its_policy_is_there() {
        assert!(LINKED.is_sorted_by(|one, next| one.0 < next.0));
        for (service, ..) in LINKED {
            let linked = find(service).expect("a service of the list");
            // The policy of Lex is one that AWS no longer publishes.
            let is_there = AwsManaged::find(&linked.policy_arn()).is_some();
            assert!(is_there || *service == "lex.amazonaws.com", "{service}");
        }
        assert!(find("example.amazonaws.com").is_none());
    }
}
