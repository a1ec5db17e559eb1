package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

// within is a range of versions: it takes what any of its groups takes. It is read as Masterminds/semver v3 reads it,
// whose syntax the configuration promises and which compiles its expressions before main, in every start. What that
// library takes and hardly anyone means by it is refused. Versions are valid and order by Semantic Versioning 2.0.0,
// also where their numbers have more than 64 bits.
type within []group

// group takes what all of its comparators take: a pre-release only where one of them names one, or all are wanted.
type group struct {
	all []comparator
	pre bool
}

// readRange reads what image.semver holds.
func readRange(text string) (within, error) {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\f\r", r) }), " ")
	var all within
	for n, part := range strings.Split(text, "||") {
		if n > 0 && !strings.HasPrefix(part, " ") && strings.Contains(part, " - ") {
			// Masterminds reads 1||2 - 3 as >=1 || =2, <=3.
			return nil, fmt.Errorf("write a blank between || and %q", part)
		}
		g, err := readGroup(part)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// operators of the syntax, the longer ones first, and the one that each is the same as.
var operators = [...][2]string{
	{"!=", "!="}, {">=", ">="}, {"=>", ">="}, {"<=", "<="}, {"=<", "<="}, {"~>", "~"},
	{"=", "="}, {">", ">"}, {"<", "<"}, {"~", "~"}, {"^", "^"}, {"", "="},
}

// readGroup reads comparators with blanks or a comma between, and 1.2 - 1.4 as two of them.
func readGroup(rest string) (g group, err error) {
	add := func(op, version string) {
		c, bad := newComparator(op, version)
		g.all, g.pre, err = append(g.all, c), g.pre || semver.Prerelease(c.version) != "", cmp.Or(err, bad)
	}
	for {
		var op [2]string
		rest = strings.TrimLeft(rest, " ")
		for _, op = range operators {
			if strings.HasPrefix(rest, op[0]) {
				break
			}
		}
		var version string
		version, rest = word(strings.TrimLeft(rest[len(op[0]):], " "))
		if upper, ok := strings.CutPrefix(rest, " - "); ok && op[0] == "" {
			add(">=", version)
			op[1] = "<="
			version, rest = word(upper)
		}
		add(op[1], version)
		if rest = strings.TrimLeft(rest, " "); rest == "" || err != nil {
			return g, err
		}
		rest = strings.TrimPrefix(rest, ",")
	}
}

// word is what stands before the next blank or comma.
func word(text string) (first, rest string) {
	end := strings.IndexAny(text, " ,")
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}

// takes reports whether the range takes a version without build metadata, pre-releases too if all of them are wanted.
func (w within) takes(version string, pre bool) bool {
	release := semver.Prerelease(version) == ""
	return slices.ContainsFunc(w, func(g group) bool {
		return (release || pre || g.pre) && !slices.ContainsFunc(g.all, func(c comparator) bool { return !c.takes(version) })
	})
}

// readVersion reads the version of a comparator, and how many of its numbers are given: the others are 0.
func readVersion(word string) (version string, given int, err error) {
	if word == "" {
		return "", 0, errors.New("a version is missing")
	}
	numbers, suffix := word, ""
	if at := strings.IndexAny(word, "-+"); at >= 0 {
		numbers, suffix = word[:at], word[at:]
	}
	parts, all, wild := strings.Split(strings.TrimPrefix(numbers, "v"), "."), [3]uint64{}, false
	if len(parts) > len(all) {
		return "", 0, fmt.Errorf("%q has more than three numbers", word)
	}
	for n, part := range parts {
		number, err := strconv.ParseUint(part, 10, 64) // 01 is 1, as Masterminds has it here
		switch {
		case part == "x" || part == "X" || part == "*":
			wild = true
		case err != nil:
			return "", 0, fmt.Errorf("%q is no version such as 1.2.3, 1.2 or 1.x", word)
		case wild:
			return "", 0, fmt.Errorf("%q has a number behind a wildcard, which would mean nothing", word)
		default:
			all[n], given = number, n+1
		}
	}
	version = fmt.Sprintf("v%d.%d.%d%s", all[0], all[1], all[2], suffix)
	if !semver.IsValid(version) {
		return "", 0, fmt.Errorf("%q has no valid pre-release or build metadata: %q", word, suffix)
	}
	return semver.Canonical(version), given, nil
}
