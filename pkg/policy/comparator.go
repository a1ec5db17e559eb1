package policy

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// comparator compares as many parts of versions as it says: the major, minor and patch numbers, and pre-releases.
// Its operator is <, <=, >, >=, !=, or = for all from its version on whose parts are the same.
type comparator struct {
	op      string
	version string
	parts   int
}

// whole versions have four parts.
const whole = 4

// newComparator of an operator and a version, of which numbers may be missing.
func newComparator(op, text string) (comparator, error) {
	version, given, err := readVersion(text)
	if err != nil {
		return comparator{}, err
	}
	c := comparator{op, version, given}
	switch {
	case given == 0 && op != "=" && op != "~" && op != ">=":
		return c, fmt.Errorf("%q is any version and no bound: write it alone, or leave it out", text)
	case given == 0:
		c.op = "="
	case op == "~":
		c.op, c.parts = "=", min(given, 2)
		if cut(version, 3) == "v0.0.0" && given == 3 { // any version, says Masterminds
			c.parts = 0
		}
	case op == "^":
		c.op, c.parts = "=", min(given, significant(version))
	case op == "<" || op == ">=" || given == 3:
		c.parts = whole
	}
	return c, nil
}

// significant is how many of its numbers say what a version is compatible with: up to the first that is not 0.
func significant(version string) int {
	switch {
	case semver.Major(version) != "v0":
		return 1
	case semver.MajorMinor(version) != "v0.0":
		return 2
	}
	return 3
}

func (c comparator) takes(version string) bool {
	n := semver.Compare(cut(version, c.parts), cut(c.version, c.parts))
	switch c.op {
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	case ">=":
		return n >= 0
	case "!=": // !=1.2 takes 1.2.3-rc.1 and !=1 does not, says Masterminds
		return n != 0 || c.parts == 2 && semver.Prerelease(version) != semver.Prerelease(c.version)
	}
	return n == 0 && semver.Compare(version, c.version) >= 0
}

// cut leaves of a version its first parts: v1, v1.2, v1.2.3, or all of v1.2.3-rc.1.
func cut(version string, parts int) string {
	switch parts {
	case 0:
		return ""
	case 1:
		return semver.Major(version)
	case 2:
		return semver.MajorMinor(version)
	case 3:
		return strings.TrimSuffix(version, semver.Prerelease(version))
	}
	return version
}
