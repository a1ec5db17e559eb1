package bluegreen

import (
	"strings"
	"testing"
)

func TestANewNetworkIsCutIntoFour(t *testing.T) {
	for cidr, want := range map[string]string{
		"10.0.0.0/16":    "10.0.0.0/18 10.0.64.0/18 10.0.128.0/18 10.0.192.0/18",
		"192.168.5.0/24": "192.168.5.0/26 192.168.5.64/26 192.168.5.128/26 192.168.5.192/26",
		"10.1.2.3/16":    "10.1.0.0/18 10.1.64.0/18 10.1.128.0/18 10.1.192.0/18",
	} {
		if got := strings.Join(quarters(cidr), " "); got != want {
			t.Errorf("%s: %s", cidr, got)
		}
	}
}
