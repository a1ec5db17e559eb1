package cloudwatch

import "testing"

// The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html:
// 0 is a good data point, X a bad one, - a missing one, oldest first.
func TestMissingDataAreTreatedAsInAWSsTables(t *testing.T) {
	for _, c := range []struct {
		data                                  string
		m, n                                  int
		missing, ignore, breaching, notBreach string // "" keeps the state
	}{
		{"0-X-X", 3, 3, "OK", "OK", "OK", "OK"},
		{"0----", 3, 3, "OK", "OK", "OK", "OK"},
		{"-----", 3, 3, "INSUFFICIENT_DATA", "", "ALARM", "OK"},
		{"0XX-X", 3, 3, "ALARM", "ALARM", "ALARM", "ALARM"},
		{"--X--", 3, 3, "ALARM", "", "ALARM", "OK"},
		{"0-X-X", 2, 3, "ALARM", "ALARM", "ALARM", "ALARM"},
		{"00X0X", 2, 3, "ALARM", "ALARM", "ALARM", "ALARM"},
		{"0-X--", 2, 3, "OK", "OK", "ALARM", "OK"},
		{"----0", 2, 3, "OK", "OK", "ALARM", "OK"},
		{"---X-", 2, 3, "ALARM", "", "ALARM", "OK"},
		{"----X", 2, 3, "", "", "ALARM", "OK"},
		{"X", 1, 1, "ALARM", "ALARM", "ALARM", "ALARM"},
		{"X--", 1, 1, "ALARM", "ALARM", "ALARM", "ALARM"}, // a sparse metric holds its alarm
		{"X---", 1, 1, "INSUFFICIENT_DATA", "", "ALARM", "OK"},
	} {
		var newest []*bool
		for i := len(c.data) - 1; i >= 0; i-- {
			if c.data[i] == '-' {
				newest = append(newest, nil)
				continue
			}
			newest = append(newest, ptr(c.data[i] == 'X'))
		}
		for treat, want := range map[string]string{"missing": c.missing, "ignore": c.ignore, "breaching": c.breaching, "notBreaching": c.notBreach} {
			if got, _, keep := judge(newest, c.m, c.n, treat); string(got) != want || keep != (want == "") {
				t.Errorf("%s, %d of %d, %s: %q (keep %v), want %q", c.data, c.m, c.n, treat, got, keep, want)
			}
		}
	}
}
