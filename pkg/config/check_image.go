package config

import (
	"fmt"
	"time"
)

// mostImages leaves room for a service's own 40 tags among the 50 of a revision.
const mostImages = 5

// mostPattern bounds a regular expression and a range: both travel in the functions' environment.
const mostPattern = 500

// mostSettle is no longer than people wait for a push to do something.
const mostSettle = time.Hour

func (s Service) checkImages(path string, ranges Ranges, f *Findings) {
	whole(f, path+".settle", s.Settle, time.Second, time.Second, mostSettle)
	traffic := or(s.Task.Container, s.Name)
	if s.Images == nil {
		s.Image.check(path+".image", ranges, f)
		if c := s.Image.Container; c != "" && c != traffic {
			f.add(path+".image.container", "%q is not %q, the container that the traffic goes to; set task.container, or write images", c, traffic)
		}
		return
	}
	path, single := path+".images", path+".image"
	if s.Image != (Image{}) {
		f.add(single, "stands beside images: write one of them")
	}
	if n := len(s.Images); n == 0 || n > mostImages {
		f.add(path, "are %d: name 1 to %d", n, mostImages)
	}
	seen := map[string]int{}
	for n, i := range s.Images {
		for m, other := range s.Images[:n] {
			if i.Repository == other.Repository && i.Repository != "" && i.From() != other.From() {
				f.add(fmt.Sprintf("%s[%d].repository", path, n), "%q is that of images[%d] in another place: events and revisions tell repositories by their names alone", i.Repository, m)
			}
		}
		at := fmt.Sprintf("%s[%d]", path, n)
		i.check(at, ranges, f)
		if i.Container == "" {
			f.add(at+".container", "is missing: each of several images names the container that it goes into")
			continue
		}
		if first, twice := seen[i.Container]; twice {
			f.add(at+".container", "%q is that of images[%d] already: a container has one image", i.Container, first)
			continue
		}
		seen[i.Container] = n
	}
	if _, ok := seen[traffic]; !ok && len(s.Images) > 0 && traffic != "" {
		f.add(path, "do not name %q, the container that the traffic goes to: add its image, or name another in task.container", traffic)
	}
}

func (i Image) check(path string, ranges Ranges, f *Findings) {
	matches(f, path+".container", i.Container, container, "letters, digits, hyphens and underscores")
	matches(f, path+".repository", i.Repository, repository, "an ECR repository's name in lower case, without registry and tag")
	matches(f, path+".account", i.Account, accountID, "twelve digits")
	matches(f, path+".region", i.Region, regionName, "a region such as eu-west-1")
	matches(f, path+".tag", i.Tag, tagPattern, `a tag such as "latest" or a glob such as "v*"`)
	if i.Tag != "" && (i.Regexp != "" || i.Semver != "") {
		f.add(path+".tag", "stands beside regexp or semver: tags are taken by tag, or by those")
	}
	i.checkRegexp(path, f)
	i.checkSemver(path, ranges, f)
	i.checkOrder(path, f)
}

func (i Image) checkRegexp(path string, f *Findings) {
	switch {
	case i.Regexp == "" && i.Extract != "":
		f.add(path+".extract", "names a group of regexp, which is missing")
	case len(i.Regexp) > mostPattern:
		f.add(path+".regexp", "has %d bytes; at most %d", len(i.Regexp), mostPattern)
	case i.Regexp != "":
		if _, _, err := i.Expression(); err != nil {
			f.add(path+".regexp", "%v", err)
		}
	}
	if i.Extract != "" && i.Semver == "" && (i.Order == "" || i.Order == ByPushed) {
		f.add(path+".extract", "serves nothing: images go by the time of their push; set order to version, number or text")
	}
}

func (i Image) checkSemver(path string, ranges Ranges, f *Findings) {
	if len(i.Semver) > mostPattern {
		f.add(path+".semver", "has %d bytes; at most %d", len(i.Semver), mostPattern)
		return
	}
	if i.Semver != "" {
		if err := ranges(i.Semver); err != nil {
			f.add(path+".semver", `%q is no range of versions such as ">=1.2.0 <3": %v`, i.Semver, err)
		}
	}
	if i.PreReleases && i.Semver == "" && i.Order != ByVersion {
		f.add(path+".preReleases", "is for versions: set semver, or order to version")
	}
}

func (i Image) checkOrder(path string, f *Findings) {
	oneOf(f, path+".order", i.Order, ByPushed, ByVersion, ByNumber, ByText)
	switch {
	case i.Order == "":
	case i.Exact():
		f.add(path+".order", "%q does not fit an exact tag, which is itself the wish, whatever it points at", i.Order)
	case i.Order == ByNumber && i.Regexp == "":
		f.add(path+".order", `%q needs a regexp that extracts the number, such as "build-([0-9]+)"`, i.Order)
	case i.Semver != "" && (i.Order == ByNumber || i.Order == ByText):
		f.add(path+".order", "%q does not fit semver, whose tags go by version or pushed", i.Order)
	}
}
