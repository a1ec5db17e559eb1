package call

import (
	"context"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// endpointOf is where a service is asked: what the environment or a profile names for it, else for all services, else
// AWS's own of the region (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
func endpointOf(cfg aws.Config, s Service) string {
	_, forAll := os.LookupEnv("AWS_ENDPOINT_URL")
	_, forIt := os.LookupEnv("AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(s.ID, " ", "_")))
	if !forAll || forIt {
		for _, source := range cfg.ConfigSources {
			named, ok := source.(interface {
				GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
			})
			if !ok {
				continue
			}
			if endpoint, found, err := named.GetServiceBaseEndpoint(context.Background(), s.ID); err == nil && found {
				return endpoint
			}
		}
	}
	if cfg.BaseEndpoint != nil {
		return *cfg.BaseEndpoint
	}
	return "https://" + s.Endpoint + "." + cfg.Region + "." + domainOf(cfg.Region)
}

// domains are those of the partitions whose regions begin so
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html, and the SDKs' partitions.json).
var domains = map[string]string{
	"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov",
	"eu-isoe-": "cloud.adc-e.uk", "us-isof-": "csp.hci.ic.gov",
}

func domainOf(region string) string {
	for prefix, domain := range domains {
		if strings.HasPrefix(region, prefix) {
			return domain
		}
	}
	return "amazonaws.com"
}
