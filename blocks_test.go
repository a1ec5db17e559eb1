package cutover_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cutover-ecs/cutover/docs/transcript"
)

// played are the tests that run the fenced blocks of the documentation, or hold them against what the programs say, by the
// page and the beginning of the block's first line; "" stands for all blocks of the page that are not named.
var played = map[string]map[string]string{
	"README.md": {
		"$ make demo":                 "cmd/cutover.TestTheDemoTellsItsStory",
		"$ bin/cutover sandbox":       "cmd/cutover.TestEveryCommandOfThePagesAnswersAsTheySay",
		`{"services": [{`:             "cmd/cutover.TestTheSuiteOfTheReadmeIsJudgedAsItSays",
		"$ bin/cutover verify http":   "cmd/cutover.TestTheSuiteOfTheReadmeIsJudgedAsItSays",
		"docker push ──► ECR ──event": "a picture",
	},
	"docs/adopt.md": {
		"$ cutover adopt Shop_Web --cluster prod --name": "infra.TestThePageOfAdoptionTellsWhatIsDone",
		"$ cutover adopt Shop_Web --cluster prod":        "infra.TestThePageOfAdoptionTellsWhatIsDone",
		`"services": [{`:                 "infra.TestThePageOfAdoptionTellsWhatIsDone",
		"aws deploy update-deployment-g": "infra.TestThePageOfAdoptionTellsWhatIsDone",
	},
	"docs/cli.md": {
		"":                               "cmd/cutover.TestEveryCommandOfThePagesAnswersAsTheySay",
		"$ source <(cutover completion ": "cmd/cutover.TestAShellTakesTheCompletionAsThePageSays",
	},
	"docs/constructs.md": {"": "infra/bluegreen.TestThePageOfConstructsShowsTheExamples"},
	"docs/doctor.md": {
		"$ cutover doctor":         "cmd/cutover.TestTheDoctorFindsNothingInWhatTheStackMadeAndAllThatIsBrokenAtOnce",
		"$ cutover doctor --stack": "cmd/cutover.TestTheDoctorFindsWhatAStackUpdateMustNotDo",
	},
	"docs/gates.md": {
		`"gates": {`:              "pkg/config.TestEveryConfigurationOfThePagesIsOne",
		"releases are frozen":     "cmd/cutover.TestAFreezeQueuesAndAThawIsOnRecord",
		"$ cutover thaw":          "cmd/cutover.TestAFreezeQueuesAndAThawIsOnRecord",
		"the scan gate holds":     "pkg/release.TestAnImageGoesOutOnlyWhenItsScanSpeaksForIt",
		"{":                       "pkg/release.TestAGateFunctionIsAskedAndAnswersAsThePageSays",
		`{"open": true}`:          "pkg/release.TestAGateFunctionIsAskedAndAnswersAsThePageSays",
		`{"open": false, "reason`: "pkg/release.TestAGateFunctionIsAskedAndAnswersAsThePageSays",
	},
	"docs/metrics.md": {
		"$ cutover logs":     "cmd/cutover.TestEveryCommandOfThePagesAnswersAsTheySay",
		"fields @timestamp,": "cmd/cutover.TestEveryCommandOfThePagesAnswersAsTheySay",
	},
	"docs/notify.md": {
		"sample-website:v1 is being d": "cmd/cutover.TestTheStoryOfEachPushIsToldFromItsArrivalToItsEnd",
		`{"platform": {"notify": {"d`:  "pkg/config.TestEveryConfigurationOfThePagesIsOne",
		`{"name": "commits"`:           "pkg/config.TestEveryConfigurationOfThePagesIsOne",
		`{"name": "team"`:              "pkg/config.TestEveryConfigurationOfThePagesIsOne",
		"{":                            "pkg/notify.TestTheEventOfThePageIsAsTheSchemaSays",
		"$ bin/cutover sandbox --asse": "cmd/cutover.TestTheSandboxSaysWhereItIsAsThePagesSay",
	},
	"docs/operator.md": {
		"cutover:suspend":               "pkg/live.TestTheOrdersOfThePageAreRead",
		"{":                             "cmd/cutover.TestTheDocumentedPermissionsAreEnough",
		`{ "Effect": "Allow", "Action"`: "cmd/cutover.TestTheDocumentedPermissionsOnAKeyAreEnough",
	},
	"docs/page.md": {"": "cmd/cutover.TestTheSandboxSaysWhereItIsAsThePagesSay"},
	"docs/scaling.md": {
		`{"name": "shop", "scaling`:   "pkg/config.TestEveryConfigurationOfThePagesIsOne",
		"cutover:scaling-held":        "pkg/live.TestTheOrdersOfThePageAreRead",
		"Sample-Website in cluster c": "cmd/cutover.TestAutoscalingIsHeldStillWhileProductionMovesAndReleasedAlsoAfterCrashes",
	},
	"docs/security.md": {"$ cutover doctor": "cmd/cutover.TestTheDoctorLooksAtTheKeysOfAPlatform"},
	"docs/tutorial.md": {
		"":             "cmd/cutover.TestEveryCommandOfTheTutorialAnswersAsThePageSays",
		"$ make build": "cmd/cutover.TestTheSandboxSaysWhereItIsAsThePagesSay",
	},
	"docs/verification.md": {
		"{":              "cmd/cutover.TestEveryExampleOfTheVerificationPageRuns",
		"$ docker build": "Docker is no part of what a test may need; the labels it sets are read in pkg/live/oci",
	},
	"docs/verification-comparison.md": {
		`"verify": {`:           "pkg/config.TestEveryConfigurationOfThePagesIsOne",
		"$ cutover verify http": "cmd/cutover.TestACandidateIsComparedAsThePageShows",
	},
	"docs/watch.md": {
		"Green cannot start, so": "cmd/cutover.TestAGreenThatCannotStartIsStoppedInMinutesWithItsCause",
		`{"services": [{"name":`: "pkg/config.TestEveryConfigurationOfThePagesIsOne",
	},
	"pkg/sandbox/README.md": {
		"make build":  "the tutorial has it",
		"npm install": "the tests that it begins skip where its packages are not",
	},
}

// playedBy is the entry of a block: the longest beginning of its first line that is named.
func playedBy(page, first string) (by string, ok bool) {
	longest := -1
	for begins, entry := range played[page] {
		if strings.HasPrefix(first, begins) && len(begins) > longest {
			by, longest, ok = entry, len(begins), true
		}
	}
	return by, ok
}

func TestEveryBlockOfTheDocumentationIsRunByATest(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, "README.md", "pkg/sandbox/README.md")
	for _, page := range pages {
		blocks, err := transcript.Read(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			by, ok := playedBy(page, b.First())
			if !ok {
				t.Errorf("%s:%d: no test runs the block that begins with %q; name the one that does in played", page, b.Line, b.First())
			}
			if dir, test, is := strings.Cut(by, ".Test"); is && !reads(t, dir, "Test"+test, filepath.Base(page)) {
				t.Errorf("%s:%d: there is no %s that reads the page", page, b.Line, by)
			}
		}
		for _, begins := range slices.Sorted(maps.Keys(played[page])) {
			if !slices.ContainsFunc(blocks, func(b transcript.Block) bool { return strings.HasPrefix(b.First(), begins) }) {
				t.Errorf("%s has no block that begins with %q any more", page, begins)
			}
		}
	}
	for page := range played {
		if !slices.Contains(pages, page) {
			t.Errorf("there is no page %s", page)
		}
	}
}

// reads reports whether a package's test names a page, itself or in what it calls of its own package.
func reads(t *testing.T, dir, test, page string) bool {
	t.Helper()
	bodies := map[string]*ast.FuncDecl{}
	files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				bodies[f.Name.Name] = f
			}
		}
	}
	seen := map[string]bool{}
	var names func(f *ast.FuncDecl) bool
	names = func(f *ast.FuncDecl) (found bool) {
		if f == nil || seen[f.Name.Name] {
			return false
		}
		seen[f.Name.Name] = true
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				found = found || n.Kind == token.STRING && strings.Contains(n.Value, page)
			case *ast.Ident:
				found = found || names(bodies[n.Name])
			}
			return !found
		})
		return found
	}
	return names(bodies[test])
}
